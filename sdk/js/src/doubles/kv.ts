// A double of `tenon:plugin/kv`.

import { refusal, the } from './host.js';

export const get = (key: string) => the().kv.get(key);

export function set(key: string, value: Uint8Array, seen: bigint | undefined): bigint {
  const before = the().kv.get(key)?.version ?? 0n;
  if (seen !== undefined && seen !== before) {
    throw refusal('conflict', `the value of ${JSON.stringify(key)} has version ${before}, not ${seen}`);
  }
  the().kv.set(key, { value: value.slice(), version: before + 1n });
  return before + 1n;
}

export const remove = (key: string) => void the().kv.delete(key);

export function list(prefix: string, after: string | undefined): string[] {
  const keys = [...the().kv.keys()].filter((key) => key.startsWith(prefix)).sort();
  return keys.filter((key) => after === undefined || key > after).slice(0, 1_000);
}
