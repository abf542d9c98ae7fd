// A double of `tenon:plugin/secret-store`.

import { refusal, the } from './host.js';

export class Secret {
  constructor(private readonly label: string) {}

  name(): string {
    return this.label;
  }

  reference(): string {
    return `((secret:${this.label}))`;
  }
}

export function get(name: string): Secret {
  if (the().secrets[name] === undefined) throw refusal('not-found', `there is no secret ${name}`);
  return new Secret(name);
}
