// The server's own HTTP API, for who asked for the run. Granted by method and path, such as
// `GET /api/v1/runs/*`; what they may do is checked too. At most 32 calls a call.

import * as wit from 'tenon:plugin/kernel';

import { host } from './error.js';

/** What the API answered. */
export interface Answer<T> {
  status: number;
  body: T;
}

/** Calls the API: `path` begins with `/api/v1/`. A refusal of the API is an answer. */
export function call<T = unknown>(method: string, path: string, body?: unknown): Answer<T> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const answer = host(() => wit.call(method, path, text));
  return { status: answer.status, body: (answer.body ? JSON.parse(answer.body) : null) as T };
}
