// Digests that are there at once: those of the engine are promises, for which no call can wait.

import { bytesOf } from './bytes.js';

const BLOCK_BYTES = 64;
/** Where the length of the content is, in the last block. */
const LENGTH_AT = 56;

const PRIMES = [...primes(64)];
const START = PRIMES.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)));
const ROUNDS = PRIMES.map((prime) => fraction(prime ** (1 / 3)));

/** Returns the SHA-256 of a text or of bytes, in lower-case hex. */
export function sha256(content: string | Uint8Array): string {
  const hash = Uint32Array.from(START);
  const blocks = padded(bytesOf(content));
  for (let at = 0; at < blocks.byteLength; at += BLOCK_BYTES) mix(hash, blocks, at);
  return [...hash].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** Mixes one block into the hash. */
function mix(hash: Uint32Array, blocks: DataView, at: number): void {
  const w = new Uint32Array(64);
  for (let i = 0; i < 16; i += 1) w[i] = blocks.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i += 1) {
    const [x, y] = [w[i - 15]!, w[i - 2]!];
    const s0 = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
    const s1 = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i += 1) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  // The array keeps the lower 32 bits of each sum.
  [a, b, c, d, e, f, g, h].forEach((word, i) => (hash[i]! += word));
}

/** Returns whole blocks: the content, a bit that is set, zeros, and the length in bits. */
function padded(content: Uint8Array): DataView {
  const bytes = new Uint8Array(Math.ceil((content.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  bytes.set(content);
  bytes[content.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(bytes.length - BLOCK_BYTES + LENGTH_AT, BigInt(content.length) * 8n);
  return view;
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Returns the first 32 bits behind the point. */
function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32) | 0;
}

function* primes(count: number): Generator<number> {
  const found: number[] = [];
  for (let number = 2; found.length < count; number += 1) {
    if (found.some((prime) => number % prime === 0)) continue;
    found.push(number);
    yield number;
  }
}
