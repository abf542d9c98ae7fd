// What happened since a step machine was last called.

import type { WitEvent } from './contract.js';

/** How a process ended. */
export interface ProcessEnded {
  code?: number | null;
  /** Such as `KILL`. */
  signal?: string | null;
  elapsedMs: number;
  /** The first bytes, if they were asked for. */
  stdout?: string | null;
  stderr?: string | null;
  truncated: boolean;
}

/**
 * What happened since the last call. Kinds that this version does not know never reach a plugin:
 * the SDK answers them with the state unchanged, as the contract asks.
 */
export type Event =
  | ({ kind: 'process-ended'; handle: string } & ProcessEnded)
  | { kind: 'process-refused'; handle: string; code: string; message: string }
  | { kind: 'wake' }
  | { kind: 'restarted' };

/** Reads an event of the contract; undefined for a kind that is not known here. */
export function read(event: WitEvent): Event | undefined {
  const handle = event.handle ?? '';
  switch (event.kind) {
    case 'process-ended':
    case 'process-refused':
      return { ...JSON.parse(event.data), kind: event.kind, handle } as Event;
    case 'wake':
    case 'restarted':
      return { kind: event.kind };
    default:
      return undefined;
  }
}
