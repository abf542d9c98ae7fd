// Why a call did not succeed.

import type { WitError } from './contract.js';

/** The words of the contract for why a call did not succeed. The list grows. */
export type Code =
  | 'invalid' | 'not-found' | 'denied' | 'unavailable' | 'conflict' | 'limit' | 'timeout'
  | 'cancelled' | 'unsupported' | 'abandoned' | 'internal' | (string & {});

/** What else an error says. */
export interface Extra {
  /** When trying again makes sense, in milliseconds. */
  retryAfterMs?: number;
  /** Facts for programs, at most 64. */
  detail?: Record<string, string>;
}

/**
 * An error of the contract. Its message is one sentence for a person: lower case, no full stop,
 * names the thing and the way out.
 *
 * `invalid` (the caller's input is wrong), `unavailable` (try again), `abandoned` (contact with
 * the work was lost), `unsupported`, `internal` (a bug in the plugin) are those that a plugin says.
 */
export class TenonError extends Error {
  readonly code: Code;
  readonly retryAfterMs: number | undefined;
  readonly detail: Record<string, string>;

  constructor(code: Code, message: string, extra: Extra = {}) {
    super(message);
    this.name = 'TenonError';
    this.code = code;
    this.retryAfterMs = extra.retryAfterMs;
    this.detail = extra.detail ?? {};
  }
}

/** Calls a function of the host, and turns its refusal into a {@link TenonError}. */
export function host<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const said = (thrown as { payload?: WitError }).payload;
    if (said?.code === undefined) throw thrown;
    const retryAfterMs = said.retryAfterMs === undefined ? undefined : Number(said.retryAfterMs);
    throw new TenonError(said.code, said.message, {
      retryAfterMs,
      detail: Object.fromEntries(said.detail),
    });
  }
}

/** Returns what to throw, so that the host gets an error of the contract. */
export function thrown(problem: unknown): Error & { payload: WitError } {
  const said = problem instanceof TenonError ? problem : bug(problem);
  return Object.assign(new Error(said.message), {
    payload: {
      code: said.code,
      message: said.message,
      retryAfterMs: said.retryAfterMs === undefined ? undefined : BigInt(said.retryAfterMs),
      detail: Object.entries(said.detail),
    },
  });
}

function bug(problem: unknown): TenonError {
  if (!(problem instanceof Error)) {
    return new TenonError('internal', `the plugin threw ${String(problem)}`);
  }
  const frame = problem.stack?.split('\n').find((line) => /[@(].+:\d+/.test(line))?.trim();
  const place = frame === undefined ? '' : ` (${frame})`;
  return new TenonError('internal', `${problem.name}: ${problem.message}${place}`);
}
