// Bytes that come in parts, and texts as bytes.

const encoder = new TextEncoder();

/** Puts parts together. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Returns bytes as they are, and a text as UTF-8. */
export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? encoder.encode(content) : content;
}

/** Returns bytes in pieces of at most `max`; without bytes there are none. */
export function* pieces(bytes: Uint8Array, max: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += max) yield bytes.subarray(at, at + max);
}
