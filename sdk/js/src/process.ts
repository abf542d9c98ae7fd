// Programs of the host. Granted by program name or path.
//
// A start or a signal is a wish: the kernel performs it after the call has returned. The end of a
// process arrives as a `process-ended` event.

import * as wit from 'tenon:plugin/process';

import { host } from './error.js';

const encoder = new TextEncoder();

/** A program to be started. Its environment is empty but for what is given here. */
export interface Command {
  /** A path inside the working directory, an absolute path, or a name. */
  program: string;
  args?: string[];
  /** Values may be `secret:NAME` or contain `((secret:NAME))`. */
  env?: Record<string, string>;
  /** At most 4 MiB. */
  stdin?: string | Uint8Array;
  /** Volumes of the run, and the paths below the working directory where they are seen. */
  mounts?: { volume: string; path: string }[];
  /** Relative to the working directory of the attempt; created where missing. */
  directory?: string;
  /** As the contract lists them at `process.command.option`, such as `capture-stdout`. */
  options?: Record<string, string | number>;
}

/** A signal to the whole tree of a process. */
export type Signal = 'TERM' | 'INT' | 'HUP' | 'QUIT' | 'USR1' | 'USR2' | 'KILL';

/** Asks for the start, and names the process within this attempt. The name is free. */
export function start(handle: string, command: Command): void {
  const wish = new wit.Command(command.program);
  for (const value of command.args ?? []) wish.arg(value);
  for (const [name, value] of Object.entries(command.env ?? {})) wish.env(name, value);
  if (command.stdin !== undefined) {
    wish.stdin(typeof command.stdin === 'string' ? encoder.encode(command.stdin) : command.stdin);
  }
  host(() => {
    for (const { volume, path } of command.mounts ?? []) wish.mount(volume, path);
    if (command.directory !== undefined) wish.directory(command.directory);
    for (const [key, value] of Object.entries(command.options ?? {})) wish.option(key, `${value}`);
    wish.start(handle);
  });
}

/** Asks for a signal to the whole tree of a process. */
export function signal(handle: string, name: Signal): void {
  host(() => wit.signal(handle, name));
}
