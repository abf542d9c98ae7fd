// The capabilities as doubles, for tests of a plugin's decisions on the author's machine:
//
//     node --import @tenon/sdk/testing --test
//
// What a plugin asks for is recorded in `host`, and what it reads was put there by the test.
// Nothing is started, sent or written outside of the memory.

// An older Node.js has no `register`, and should be told from here rather than by its linker.
import * as module from 'node:module';

const { isTooOld, needed } = await import(new URL('../bin/build/node.js', import.meta.url).href);
if (isTooOld(process.versions.node)) throw new Error(needed(process.versions.node));
module.register('./testing-loader.js', import.meta.url);

/** What stands in for the kernel. */
export interface Host {
  /** What `config()` reads. */
  config: Record<string, unknown>;
  /** What the module `context` says. */
  context: { runId?: string; stepPath?: string; attempt: number; binding: string; eventTimeMs: number };
  /** What was asked for: programs to start and signals, in order. */
  effects: Effect[];
  /** The plugin's own log, as `level: message`. */
  logs: string[];
  stdout: string;
  stderr: string;
  /** Answers a request; what is not answered is `denied`. */
  http: (method: string, url: string, headers: [string, string][], body: Uint8Array) => Answer | undefined;
  /** Answers a call of the server's API; what is not answered is `denied`. */
  kernel: (method: string, path: string, body: string) => Answer | undefined;
  kv: Map<string, { value: Uint8Array; version: bigint }>;
  /** Blobs by bucket and key. */
  blobs: Record<string, Record<string, Uint8Array>>;
  /** The connections that were made, in order. */
  dialled: Dialled[];
  /** What is read from them, in order: all of it up to the end of each. */
  streams: (string | Uint8Array)[];
  /** Values by name. */
  secrets: Record<string, string>;
  /** Files by volume and path. */
  volumes: Record<string, Record<string, Uint8Array>>;
}

/** What a call asked the kernel to do. */
export type Effect =
  | { start: string; program: string; args: string[]; env: Record<string, string>; stdin?: string;
      mounts: Record<string, string>; directory?: string; options: Record<string, string> }
  | { signal: string; handle: string };

/** A connection that was made. */
export interface Dialled {
  host: string;
  port: number;
  tls: boolean;
  written: Uint8Array;
}

/** What a double answers to a request. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

function fresh(): Host {
  return {
    config: {},
    context: { attempt: 0, binding: 'test', eventTimeMs: 0 },
    effects: [],
    logs: [],
    stdout: '',
    stderr: '',
    http: () => undefined,
    kernel: () => undefined,
    kv: new Map(),
    blobs: {},
    dialled: [],
    streams: [],
    secrets: {},
    volumes: {},
  };
}

/** The host of this process. */
export const host: Host = ((globalThis as any)[Symbol.for('tenon.host')] ??= fresh());

/** Forgets everything. */
export function reset(): void {
  Object.assign(host, fresh());
}
