// A double of `tenon:plugin/process`.

import { the } from './host.js';

export class Command {
  private readonly args: string[] = [];
  private readonly variables: Record<string, string> = {};
  private readonly mounts: Record<string, string> = {};
  private readonly options: Record<string, string> = {};
  private input: string | undefined;
  private place: string | undefined;

  constructor(private readonly program: string) {}

  arg(value: string): void {
    this.args.push(value);
  }

  env(name: string, value: string): void {
    this.variables[name] = value;
  }

  stdin(bytes: Uint8Array): void {
    this.input = new TextDecoder().decode(bytes);
  }

  mount(name: string, path: string): void {
    this.mounts[name] = path;
  }

  directory(path: string): void {
    this.place = path;
  }

  option(key: string, value: string): void {
    this.options[key] = value;
  }

  start(handle: string): void {
    const { program, args, variables: env, mounts, options, input: stdin, place: directory } = this;
    the().effects.push({ start: handle, program, args, env, mounts, options, stdin, directory });
  }
}

export const signal = (handle: string, name: string) => void the().effects.push({ signal: name, handle });
