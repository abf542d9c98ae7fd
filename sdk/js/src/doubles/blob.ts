// A double of `tenon:plugin/blob`: buckets in memory.

import { refusal, the } from './host.js';
import { parted } from './key.js';

type Blobs = Record<string, Uint8Array>;

export class Bucket {
  constructor(private readonly blobs: Blobs) {}

  read(key: string, offset: bigint, max: number): Uint8Array {
    const blob = this.blobs[parted(key)];
    if (!blob) throw refusal('not-found', `there is no blob ${JSON.stringify(key)}`);
    return blob.subarray(Number(offset), Number(offset) + max);
  }

  info(key: string): ReturnType<typeof info> | undefined {
    const blob = this.blobs[parted(key)];
    return blob && info(key, blob);
  }

  list(prefix: string, after: string | undefined): ReturnType<typeof info>[] {
    const all = Object.entries(this.blobs).sort(([a], [b]) => (a < b ? -1 : 1));
    const found = all.filter(([key]) => key.startsWith(prefix) && (after === undefined || key > after));
    return found.slice(0, 1_000).map(([key, blob]) => info(key, blob));
  }

  remove(key: string): void {
    delete this.blobs[parted(key)];
  }

  upload(key: string): Upload {
    return new Upload(this.blobs, parted(key));
  }
}

export class Upload {
  private parts: Uint8Array | undefined = new Uint8Array();

  constructor(private readonly blobs: Blobs, private readonly key: string) {}

  write(bytes: Uint8Array): void {
    this.parts = new Uint8Array([...this.open(), ...bytes]);
  }

  finish(): ReturnType<typeof info> {
    const blob = this.open();
    this.blobs[this.key] = blob;
    this.parts = undefined;
    return info(this.key, blob);
  }

  private open(): Uint8Array {
    if (!this.parts) throw refusal('invalid', 'the upload has ended');
    return this.parts;
  }
}

export const open = (name: string) => new Bucket((the().blobs[name] ??= {}));

function info(key: string, blob: Uint8Array): { key: string; size: bigint; storedAtMs: bigint } {
  return { key, size: BigInt(blob.length), storedAtMs: 0n };
}
