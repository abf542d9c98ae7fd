// The values of secrets, for what must compute with them, such as a signature. Granted by secret
// name, apart from `secret-store`: prefer references, which keep the value out of the plugin.

import * as wit from 'tenon:plugin/secret-reveal';

import { host } from './error.js';
import type { Secret } from './secret-store.js';

/** Returns the value, at most 64 KiB. Errors: `denied`, `not-found`, `unavailable`. */
export function reveal(secret: Secret): string {
  return host(() => wit.reveal(secret.handle));
}
