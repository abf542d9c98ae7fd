// Secrets as handles: a name that may be used, without its value. Granted by secret name.

/// <reference path="./imports.d.ts" preserve="true" />

import * as wit from 'tenon:plugin/secret-store';

import { host } from './error.js';

/** A secret that exists and may be used. */
export class Secret {
  /** As the host knows it; `@tenon/sdk/secret-reveal` needs it. */
  readonly handle: wit.Secret;
  readonly name: string;
  /** The text to put where its value belongs; the host puts the value in place. */
  readonly reference: string;

  constructor(handle: wit.Secret) {
    this.handle = handle;
    this.name = handle.name();
    this.reference = handle.reference();
  }
}

/** Returns a handle. At most 64 a call. Errors: `denied`, `not-found`, `unavailable`. */
export function get(name: string): Secret {
  return new Secret(host(() => wit.get(name)));
}
