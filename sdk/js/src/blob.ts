// Bytes by key in a bucket of the binding. Granted by bucket name.
// Keys: 1 to 512 bytes, parts separated by `/`, none of them empty, `.` or `..`.

/// <reference path="./imports.d.ts" preserve="true" />

import * as wit from 'tenon:plugin/blob';

import { bytesOf, joined, pieces } from './bytes.js';
import { host } from './error.js';
import { dispose } from './handle.js';

const decoder = new TextDecoder();
/** What one read may carry. */
const READ_BYTES_MAX = 1024 * 1024;
/** What one write may carry. */
const WRITE_BYTES_MAX = 4 * 1024 * 1024;

/** What is known of a stored blob. */
export interface Info {
  /** Within its bucket. */
  key: string;
  /** In bytes. */
  size: number;
  /** When it was stored, in ms since the Unix epoch. */
  storedAtMs: number;
}

/** A granted bucket. */
export class Bucket {
  private constructor(private readonly wit: wit.Bucket) {}

  /** Opens a bucket by its name. */
  static open(name: string): Bucket {
    return new Bucket(host(() => wit.open(name)));
  }

  /** Reads at most `max` bytes (1 MiB at most) from `offset`. Fewer mean the end. */
  read(key: string, offset = 0, max = READ_BYTES_MAX): Uint8Array {
    return host(() => this.wit.read(key, BigInt(offset), max));
  }

  /** Reads a whole blob. What is not there is a `not-found`. */
  get(key: string): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let size = 0; ; ) {
      const part = this.read(key, size);
      parts.push(part);
      size += part.length;
      if (part.length < READ_BYTES_MAX) return joined(parts);
    }
  }

  /** Reads a whole blob as text. */
  getText(key: string): string {
    return decoder.decode(this.get(key));
  }

  /** Returns what is known of a blob, if it is there. */
  info(key: string): Info | undefined {
    const found = host(() => this.wit.info(key));
    return found && info(found);
  }

  /** Lists blobs with a prefix in order of their keys, after `after`, at most 1,000. */
  list(prefix = '', after?: string): Info[] {
    return host(() => this.wit.list(prefix, after)).map(info);
  }

  /** Removes a blob. What is not there is no error. */
  remove(key: string): void {
    host(() => this.wit.remove(key));
  }

  /** Stores a whole blob, in place of an older one. */
  put(key: string, content: string | Uint8Array): Info {
    const upload = this.upload(key);
    try {
      upload.write(content);
      return upload.finish();
    } catch (err) {
      upload.abandon();
      throw err;
    }
  }

  /** Begins to store a blob; four at a time. It is there once it is finished. */
  upload(key: string): Upload {
    return new Upload(host(() => this.wit.upload(key)));
  }
}

/** A blob that is being stored. Not finished, it was never there. */
export class Upload {
  constructor(private readonly wit: wit.Upload) {}

  /** Appends bytes, in as many pieces as it takes. */
  write(content: string | Uint8Array): void {
    for (const piece of pieces(bytesOf(content), WRITE_BYTES_MAX)) {
      host(() => this.wit.write(piece));
    }
  }

  /** Ends the upload. */
  finish(): Info {
    return info(host(() => this.wit.finish()));
  }

  /** Gives the upload up before the call ends, so that another one has room. */
  abandon(): void {
    dispose(this.wit);
  }
}

function info(found: wit.Info): Info {
  return { key: found.key, size: Number(found.size), storedAtMs: Number(found.storedAtMs) };
}
