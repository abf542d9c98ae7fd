// Seals and opens with a key of this binding, which no plugin sees. At most 1 MiB, each way.

import * as wit from 'tenon:plugin/keyring';

import { host } from './error.js';

const encoder = new TextEncoder();

/** Encrypts `plain` and binds it to `associated`, which is not kept. */
export function seal(associated: string | Uint8Array, plain: string | Uint8Array): Uint8Array {
  return host(() => wit.seal(bytes(associated), bytes(plain)));
}

/** Decrypts what `seal` gave. */
export function open(associated: string | Uint8Array, sealed: Uint8Array): Uint8Array {
  return host(() => wit.open(bytes(associated), sealed));
}

function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? encoder.encode(value) : value;
}
