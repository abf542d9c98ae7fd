// Why a call did not succeed.

import type { WitError } from './contract.js';

/** The words of the contract for why a call did not succeed. */
export const CODES = [
  'invalid', 'not-found', 'denied', 'unavailable', 'conflict', 'limit', 'timeout', 'cancelled',
  'unsupported', 'abandoned', 'internal',
] as const;

/** One of them, or one of a later contract: the list grows. */
export type Code = (typeof CODES)[number] | (string & {});

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
 * There is a function for each code: `throw TenonError.notFound('there is no "a"; name another')`.
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

  /** The caller's input is wrong; trying again does not help. */
  static invalid(message: string, extra?: Extra): TenonError {
    return new TenonError('invalid', message, extra);
  }

  /** The thing is not there. */
  static notFound(message: string, extra?: Extra): TenonError {
    return new TenonError('not-found', message, extra);
  }

  /** Somebody may not do this. */
  static denied(message: string, extra?: Extra): TenonError {
    return new TenonError('denied', message, extra);
  }

  /** The outside does not answer; trying again may help. */
  static unavailable(message: string, extra?: Extra): TenonError {
    return new TenonError('unavailable', message, extra);
  }

  /** Somebody else was faster. */
  static conflict(message: string, extra?: Extra): TenonError {
    return new TenonError('conflict', message, extra);
  }

  /** It is more than may be. */
  static limit(message: string, extra?: Extra): TenonError {
    return new TenonError('limit', message, extra);
  }

  /** It took too long. */
  static timeout(message: string, extra?: Extra): TenonError {
    return new TenonError('timeout', message, extra);
  }

  /** Somebody asked the work to stop. */
  static cancelled(message: string, extra?: Extra): TenonError {
    return new TenonError('cancelled', message, extra);
  }

  /** The plugin cannot do what was asked. */
  static unsupported(message: string, extra?: Extra): TenonError {
    return new TenonError('unsupported', message, extra);
  }

  /** Contact with the work was lost; the kernel tries again. */
  static abandoned(message: string, extra?: Extra): TenonError {
    return new TenonError('abandoned', message, extra);
  }

  /** A bug in the plugin. */
  static internal(message: string, extra?: Extra): TenonError {
    return new TenonError('internal', message, extra);
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
