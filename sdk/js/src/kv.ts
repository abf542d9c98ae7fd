// The binding's own durable map. Keys: 1 to 512 bytes. Values: at most 64 KiB.

import * as wit from 'tenon:plugin/kv';

import { host } from './error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value and its version, which counts up from 1 with each change. */
export interface Item<T> {
  value: T;
  version: number;
}

/** Returns a value that was set as JSON, if it is there. */
export function get<T = unknown>(key: string): Item<T> | undefined {
  const item = getBytes(key);
  return item && { value: JSON.parse(decoder.decode(item.value)) as T, version: item.version };
}

/** Returns a value as it was set, if it is there. */
export function getBytes(key: string): Item<Uint8Array> | undefined {
  const item = host(() => wit.get(key));
  return item && { value: item.value, version: Number(item.version) };
}

/**
 * Sets a value as JSON, and returns its new version. With `seen`, only if that is still its version
 * (0: not there), else the error is a `conflict`.
 */
export function set(key: string, value: unknown, seen?: number): number {
  return setBytes(key, encoder.encode(JSON.stringify(value)), seen);
}

/** Sets a value as it is; see {@link set}. */
export function setBytes(key: string, value: Uint8Array, seen?: number): number {
  return Number(host(() => wit.set(key, value, seen === undefined ? undefined : BigInt(seen))));
}

/** Forgets a value. What is not there is no error. */
export function remove(key: string): void {
  host(() => wit.remove(key));
}

/** Lists keys with a prefix in order, after `after`, at most 1,000. */
export function list(prefix = '', after?: string): string[] {
  return host(() => wit.list(prefix, after));
}
