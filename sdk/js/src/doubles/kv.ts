// A double of `tenon:plugin/kv`.

import { refusal, the } from './host.js';
import { sized } from './key.js';

const VALUE_BYTES = 64 * 1024;

export const get = (key: string) => the().kv.get(sized(key));

export function set(key: string, value: Uint8Array, seen: bigint | undefined): bigint {
  const before = the().kv.get(sized(key))?.version ?? 0n;
  if (value.length > VALUE_BYTES) throw refusal('limit', `a value has at most ${VALUE_BYTES} bytes`);
  if (seen !== undefined && seen !== before) {
    throw refusal('conflict', `the value of ${JSON.stringify(key)} has version ${before}, not ${seen}`);
  }
  the().kv.set(key, { value: value.slice(), version: before + 1n });
  return before + 1n;
}

export const remove = (key: string) => void the().kv.delete(sized(key));

export function list(prefix: string, after: string | undefined): string[] {
  const keys = [...the().kv.keys()].filter((key) => key.startsWith(prefix)).sort();
  return keys.filter((key) => after === undefined || key > after).slice(0, 1_000);
}
