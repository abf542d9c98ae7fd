// The plugin's own log, for its operator and author. At most 1,000 lines of 8 KiB a call.

import { write } from 'tenon:plugin/log';

/** Writes a line that helps to find a fault. */
export function debug(message: string): void {
  write('debug', message);
}

/** Writes a line that helps to follow the work. */
export function info(message: string): void {
  write('info', message);
}

/** Writes a line that is looked at first. */
export function warn(message: string): void {
  write('warn', message);
}

/** Writes a line that wakes someone. */
export function error(message: string): void {
  write('error', message);
}
