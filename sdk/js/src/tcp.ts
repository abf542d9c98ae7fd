// Connections to the outside for protocols other than HTTP. Granted as `host:port`; the resolved
// address is checked too. At most 4 a call, and 16 MiB each way; each ends with the call.

/// <reference path="./imports.d.ts" preserve="true" />

import * as wit from 'tenon:plugin/tcp';

import { bytesOf, joined, pieces } from './bytes.js';
import { TenonError, host } from './error.js';
import { dispose } from './handle.js';

/** What one read may carry. */
const READ_BYTES_MAX = 64 * 1024;
/** What one write may carry. */
const WRITE_BYTES_MAX = 1024 * 1024;

/** An open connection. */
export class Connection {
  private constructor(private readonly wit: wit.Connection) {}

  /**
   * Connects within 10 s. With `tls`, the other end must show a certificate for `host` that the
   * server of this plugin trusts.
   */
  static connect(host: string, port: number, options: { tls?: boolean } = {}): Connection {
    return new Connection(dial(host, port, options.tls ?? false));
  }

  /** Waits for bytes, at most `max` of them (64 KiB at most). An empty list is the end. */
  read(max = READ_BYTES_MAX): Uint8Array {
    return host(() => this.wit.read(max));
  }

  /** Waits for exactly so many bytes; the end before that is an error. */
  readExact(length: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let size = 0; size < length; ) {
      const part = this.read(Math.min(length - size, READ_BYTES_MAX));
      if (part.length === 0) {
        const message = `the connection ended after ${size} of ${length} bytes`;
        throw new TenonError('unavailable', message);
      }
      parts.push(part);
      size += part.length;
    }
    return joined(parts);
  }

  /** Writes all of it, in as many pieces as it takes. */
  write(content: string | Uint8Array): void {
    for (const piece of pieces(bytesOf(content), WRITE_BYTES_MAX)) {
      host(() => this.wit.write(piece));
    }
  }

  /** Ends the connection before the call does. */
  close(): void {
    dispose(this.wit);
  }
}

function dial(name: string, port: number, tls: boolean): wit.Connection {
  return host(() => wit.connect(name, port, tls));
}
