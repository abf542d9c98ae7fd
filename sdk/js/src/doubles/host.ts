// The host that the doubles share with the test.

import type { WitError } from '../contract.js';
import { host, type Host } from '../testing.js';

/** Returns the host of this process. */
export function the(): Host {
  return host;
}

/** Returns what a function of the host throws. */
export function refusal(code: string, message: string): Error & { payload: WitError } {
  return Object.assign(new Error(message), {
    payload: { code, message, retryAfterMs: undefined, detail: [] },
  });
}
