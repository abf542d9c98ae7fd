// A double of `tenon:plugin/workspace`.

import { refusal, the } from './host.js';

export class Volume {
  constructor(private readonly files: Record<string, Uint8Array>) {}

  read(path: string, offset: bigint, max: number): Uint8Array {
    const file = this.files[path];
    if (!file) throw refusal('not-found', `there is no file ${JSON.stringify(path)}`);
    return file.subarray(Number(offset), Number(offset) + max);
  }

  write(path: string, bytes: Uint8Array): void {
    this.files[path] = bytes.slice();
  }

  append(path: string, bytes: Uint8Array): void {
    this.files[path] = new Uint8Array([...(this.files[path] ?? []), ...bytes]);
  }

  list(path: string): { name: string; kind: string; size: bigint }[] {
    const prefix = path === '' ? '' : `${path}/`;
    const found = new Map<string, { name: string; kind: string; size: bigint }>();
    for (const [file, bytes] of Object.entries(this.files)) {
      if (!file.startsWith(prefix)) continue;
      const [name = '', ...rest] = file.slice(prefix.length).split('/');
      const isFile = rest.length === 0;
      const size = isFile ? BigInt(bytes.length) : 0n;
      found.set(name, { name, kind: isFile ? 'file' : 'directory', size });
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  remove(path: string): void {
    for (const file of Object.keys(this.files)) {
      if (file === path || file.startsWith(`${path}/`)) delete this.files[file];
    }
  }

  setExecutable(_path: string): void {}
}

export const open = (name: string) => new Volume((the().volumes[name] ??= {}));
