// The log of the step in progress, which people read. At most 1 MiB a call.

import * as wit from 'tenon:plugin/output';

const encoder = new TextEncoder();

/** Appends to the step's standard output. */
export function stdout(text: string | Uint8Array): void {
  wit.stdout(typeof text === 'string' ? encoder.encode(text) : text);
}

/** Appends to the step's standard error. */
export function stderr(text: string | Uint8Array): void {
  wit.stderr(typeof text === 'string' ? encoder.encode(text) : text);
}
