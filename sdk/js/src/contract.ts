// The capabilities of the contract, as the engine of components shows them to JavaScript.

/** An error of the contract. */
export interface WitError {
  code: string;
  message: string;
  retryAfterMs: bigint | undefined;
  detail: [string, string][];
}

/** The answer of a step machine. */
export interface WitStep {
  done: string | undefined;
  state: Uint8Array;
  wakeAfterMs: bigint | undefined;
}

/** What happened since the last call. */
export interface WitEvent {
  kind: string;
  handle: string | undefined;
  data: string;
}
