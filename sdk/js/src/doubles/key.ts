// Keys as the kernel takes them, so that a test fails where the component would.

import { bytesOf } from '../bytes.js';
import { refusal } from './host.js';

const KEY_BYTES = 512;

/** Returns a key that is neither empty nor too long. */
export function sized(key: string): string {
  const { length } = bytesOf(key);
  if (length >= 1 && length <= KEY_BYTES) return key;
  throw refusal('invalid', `a key has 1 to ${KEY_BYTES} bytes`);
}

/** Returns a key of a bucket, which has parts as a path. */
export function parted(key: string): string {
  if (!sized(key).split('/').some((part) => ['', '.', '..'].includes(part))) return key;
  throw refusal('invalid', 'no part of a key may be empty, `.` or `..`');
}
