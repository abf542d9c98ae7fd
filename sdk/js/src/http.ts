// HTTP to the outside. Granted by method and host; the resolved address is checked too.
// At most 8 requests a call, 64 KiB of headers, 8 MiB of body in either direction.

/// <reference path="./imports.d.ts" preserve="true" />

import * as wit from 'tenon:plugin/http';

import { joined } from './bytes.js';
import { TenonError, host } from './error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What one read may carry. */
const READ_BYTES_MAX = 1024 * 1024;

/** What is sent. */
export interface Options {
  /** `GET` unless said, or `POST` with a body. */
  method?: string;
  /** Values may hold secret references, such as `Bearer ((secret:TOKEN))`. */
  headers?: Record<string, string>;
  /** A text, bytes, or anything else, which is sent as JSON. */
  body?: unknown;
  /** 30,000 unless said. */
  timeoutMs?: number;
}

/** The head of an answer, and the way to its body. */
export class Response {
  readonly status: number;
  /** In the order of their arrival. */
  readonly headers: readonly [string, string][];

  constructor(private readonly wit: wit.Response, readonly url: string) {
    this.status = wit.status();
    this.headers = wit.headers();
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Returns the first header of that name, whatever its case. */
  header(name: string): string | undefined {
    return this.headers.find(([found]) => found.toLowerCase() === name.toLowerCase())?.[1];
  }

  /** Reads the next part of the body. An empty one is the end. */
  read(): Uint8Array {
    return host(() => this.wit.read(READ_BYTES_MAX));
  }

  /** Reads the rest of the body. */
  bytes(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let part = this.read(); part.length > 0; part = this.read()) parts.push(part);
    return joined(parts);
  }

  /** Reads the rest of the body as text. */
  text(): string {
    return decoder.decode(this.bytes());
  }

  /** Reads the rest of the body as JSON. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(this.text()) as T;
    } catch (err) {
      if (err instanceof TenonError) throw err;
      const reason = (err as Error).message;
      throw new TenonError('unavailable', `${this.url} did not answer with JSON: ${reason}`);
    }
  }
}

/** Sends a request and waits for the head of the answer. Redirects are not followed. */
export function send(url: string, options: Options = {}): Response {
  const { body, headers = {}, timeoutMs } = options;
  const request = new wit.Request(options.method ?? (body === undefined ? 'GET' : 'POST'), url);
  const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
  const has = (name: string) => Object.keys(headers).some((key) => key.toLowerCase() === name);
  if (isJson && !has('content-type')) request.header('content-type', 'application/json');
  for (const [name, value] of Object.entries(headers)) request.header(name, value);
  if (body instanceof Uint8Array) request.body(body);
  else if (typeof body === 'string') request.body(encoder.encode(body));
  else if (isJson) request.body(encoder.encode(JSON.stringify(body)));
  if (timeoutMs !== undefined) request.timeoutMs(BigInt(timeoutMs));
  return new Response(host(() => wit.send(request)), url);
}
