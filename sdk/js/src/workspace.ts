// Directories of the run, by handle; no path of the host is ever seen.
// Paths are relative, separated by `/`, without `..`.

/// <reference path="./imports.d.ts" preserve="true" />

import * as wit from 'tenon:plugin/workspace';

import { bytesOf, joined, pieces } from './bytes.js';
import { TenonError, host } from './error.js';

const decoder = new TextDecoder();
const READ_BYTES_MAX = 1024 * 1024;
const WRITE_BYTES_MAX = 4 * 1024 * 1024;

/** One entry of a directory. */
export interface Entry {
  name: string;
  kind: 'file' | 'directory' | 'link' | 'other';
  /** In bytes, 0 for what is no file. */
  size: number;
}

/** A named directory that lives as long as its run. */
export class Volume {
  private constructor(private readonly wit: wit.Volume) {}

  /** Opens the run's volume of that name, and creates it where it is missing. */
  static open(name: string): Volume {
    return new Volume(host(() => wit.open(name)));
  }

  /** Reads a file of at most `max` bytes; a longer one is an error. */
  read(path: string, max = 16 * 1024 * 1024): Uint8Array {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const part = host(() => this.wit.read(path, BigInt(size), READ_BYTES_MAX));
      parts.push(part);
      size += part.length;
      if (size > max) {
        const message = `the file ${JSON.stringify(path)} is longer than the ${max} bytes that are read of it`;
        throw new TenonError('limit', message);
      }
      if (part.length < READ_BYTES_MAX) break;
    }
    return joined(parts);
  }

  /** Reads a text of at most `max` bytes. */
  readText(path: string, max?: number): string {
    return decoder.decode(this.read(path, max));
  }

  /** Replaces a file, and creates the directories on the way. */
  write(path: string, content: string | Uint8Array): void {
    const bytes = bytesOf(content);
    host(() => this.wit.write(path, bytes.subarray(0, WRITE_BYTES_MAX)));
    if (bytes.length > WRITE_BYTES_MAX) this.append(path, bytes.subarray(WRITE_BYTES_MAX));
  }

  /** Appends to a file, and creates it where it is missing. */
  append(path: string, content: string | Uint8Array): void {
    for (const piece of pieces(bytesOf(content), WRITE_BYTES_MAX)) {
      host(() => this.wit.append(path, piece));
    }
  }

  /** Lists a directory by name, at most 10,000 entries. The empty path is the volume itself. */
  list(path = ''): Entry[] {
    const entries = host(() => this.wit.list(path));
    return entries.map(({ name, kind, size }) => ({ name, kind, size: Number(size) }));
  }

  /** Removes a file, or a directory with all that is in it. What is not there is no error. */
  remove(path: string): void {
    host(() => this.wit.remove(path));
  }

  /** Marks a file as executable. */
  setExecutable(path: string): void {
    host(() => this.wit.setExecutable(path));
  }
}
