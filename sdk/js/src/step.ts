// The answer of a step machine to each call.

/** The end of an attempt. */
export interface Outcome {
  status: 'succeeded' | 'failed' | 'errored';
  message?: string;
  /** False when trying again cannot help. */
  retryable?: boolean;
  /** What the step gives to its language, at most 1 MiB as JSON. */
  output?: unknown;
}

/** The attempt has ended. */
export class Done {
  constructor(readonly outcome: Outcome) {}
}

/** The attempt goes on when something happens; the next call gets `state` back. */
export class Wait<S> {
  constructor(readonly state: S, readonly wakeAfterMs: number | undefined) {}
}

/** The answer of a step machine: the end of the attempt, or what it waits with. */
export type Step<S = unknown> = Done | Wait<S>;

/** Ends the attempt with a success that gives `output`. */
export function succeeded(output: unknown = null): Done {
  return new Done({ status: 'succeeded', output });
}

/** Ends the attempt: the work said no. `message` is one sentence for people. */
export function failed(message: string, output: unknown = null): Done {
  return new Done({ status: 'failed', message, output });
}

/** Ends the attempt: the machinery broke, and trying again may help. */
export function errored(message: string): Done {
  return new Done({ status: 'errored', message });
}

/** Ends the attempt: the machinery broke, and trying again cannot help. */
export function refused(message: string): Done {
  return new Done({ status: 'errored', message, retryable: false });
}

/**
 * Goes on when something happens. `state` is JSON, at most 256 KiB. With `wakeAfterMs` a `wake`
 * event comes after that time if nothing happens before.
 */
export function wait<S>(state: S, wakeAfterMs?: number): Wait<S> {
  return new Wait(state, wakeAfterMs);
}
