// What a component imports, in the words of `wit/`. The names are those of the contract.

declare module 'tenon:plugin/context' {
  export function runId(): string | undefined;
  export function stepPath(): string | undefined;
  export function attempt(): number;
  export function binding(): string;
  export function eventTimeMs(): bigint;
  export function deadlineMs(): bigint;
}

declare module 'tenon:plugin/log' {
  export function write(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

declare module 'tenon:plugin/config' {
  export function get(): string;
}

declare module 'tenon:plugin/output' {
  export function stdout(bytes: Uint8Array): void;
  export function stderr(bytes: Uint8Array): void;
}

declare module 'tenon:plugin/kv' {
  export function get(key: string): { value: Uint8Array; version: bigint } | undefined;
  export function set(key: string, value: Uint8Array, seen: bigint | undefined): bigint;
  export function remove(key: string): void;
  export function list(prefix: string, after: string | undefined): string[];
}

declare module 'tenon:plugin/http' {
  export class Request {
    constructor(method: string, url: string);
    header(name: string, value: string): void;
    body(bytes: Uint8Array): void;
    timeoutMs(ms: bigint): void;
  }
  export class Response {
    status(): number;
    headers(): [string, string][];
    read(max: number): Uint8Array;
  }
  export function send(request: Request): Response;
}

declare module 'tenon:plugin/process' {
  export class Command {
    constructor(program: string);
    arg(value: string): void;
    env(name: string, value: string): void;
    stdin(bytes: Uint8Array): void;
    mount(name: string, path: string): void;
    directory(path: string): void;
    option(key: string, value: string): void;
    start(handle: string): void;
  }
  export function signal(handle: string, name: string): void;
}

declare module 'tenon:plugin/workspace' {
  export interface Entry {
    name: string;
    kind: 'file' | 'directory' | 'link' | 'other';
    size: bigint;
  }
  export class Volume {
    read(path: string, offset: bigint, max: number): Uint8Array;
    write(path: string, bytes: Uint8Array): void;
    append(path: string, bytes: Uint8Array): void;
    list(path: string): Entry[];
    remove(path: string): void;
    setExecutable(path: string): void;
  }
  export function open(name: string): Volume;
}

declare module 'tenon:plugin/secret-store' {
  export class Secret {
    name(): string;
    reference(): string;
  }
  export function get(name: string): Secret;
}

declare module 'tenon:plugin/secret-reveal' {
  import type { Secret } from 'tenon:plugin/secret-store';
  export function reveal(secret: Secret): string;
}

declare module 'tenon:plugin/keyring' {
  export function seal(associated: Uint8Array, plain: Uint8Array): Uint8Array;
  export function open(associated: Uint8Array, sealed: Uint8Array): Uint8Array;
}

declare module 'tenon:plugin/kernel' {
  export function call(method: string, path: string, body: string): { status: number; body: string };
}

declare module 'tenon:plugin/blob' {
  export interface Info {
    key: string;
    size: bigint;
    storedAtMs: bigint;
  }
  export class Bucket {
    read(key: string, offset: bigint, max: number): Uint8Array;
    info(key: string): Info | undefined;
    list(prefix: string, after: string | undefined): Info[];
    remove(key: string): void;
    upload(key: string): Upload;
  }
  export class Upload {
    write(bytes: Uint8Array): void;
    finish(): Info;
  }
  export function open(name: string): Bucket;
}

declare module 'tenon:plugin/tcp' {
  export class Connection {
    read(max: number): Uint8Array;
    write(bytes: Uint8Array): void;
  }
  export function connect(host: string, port: number, tls: boolean): Connection;
}
