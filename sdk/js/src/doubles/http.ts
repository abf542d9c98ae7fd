// A double of `tenon:plugin/http`.

import { refusal, the } from './host.js';

export class Request {
  readonly headers: [string, string][] = [];
  bytes = new Uint8Array();

  constructor(readonly method: string, readonly url: string) {}

  header(name: string, value: string): void {
    this.headers.push([name, value]);
  }

  body(bytes: Uint8Array): void {
    this.bytes = bytes.slice();
  }

  timeoutMs(_ms: bigint): void {}
}

export class Response {
  constructor(
    private readonly code: number,
    private readonly all: [string, string][],
    private rest: Uint8Array,
  ) {}

  status(): number {
    return this.code;
  }

  headers(): [string, string][] {
    return this.all;
  }

  read(max: number): Uint8Array {
    const part = this.rest.subarray(0, max);
    this.rest = this.rest.subarray(part.length);
    return part;
  }
}

export function send(request: Request): Response {
  const { method, url, headers, bytes } = request;
  const answer = the().http(method, url, headers, bytes);
  if (!answer) throw refusal('denied', `the test answers no ${method} ${url}`);
  const body = new TextEncoder().encode(answer.body ?? '');
  return new Response(answer.status, Object.entries(answer.headers ?? {}), body);
}
