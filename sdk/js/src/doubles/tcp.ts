// A double of `tenon:plugin/tcp`: what is written is recorded, and what is read was put there by the
// test.

import type { Dialled } from '../testing.js';
import { refusal, the } from './host.js';

export class Connection {
  constructor(private readonly dialled: Dialled, private rest: Uint8Array) {}

  read(max: number): Uint8Array {
    const part = this.rest.subarray(0, max);
    this.rest = this.rest.subarray(part.length);
    return part;
  }

  write(bytes: Uint8Array): void {
    this.dialled.written = new Uint8Array([...this.dialled.written, ...bytes]);
  }
}

export function connect(host: string, port: number, tls: boolean): Connection {
  const stream = the().streams.shift();
  if (stream === undefined) {
    throw refusal('unavailable', `the test has no stream for ${host}:${port}: put one into host.streams`);
  }
  const dialled = { host, port, tls, written: new Uint8Array() };
  the().dialled.push(dialled);
  return new Connection(dialled, typeof stream === 'string' ? new TextEncoder().encode(stream) : stream);
}
