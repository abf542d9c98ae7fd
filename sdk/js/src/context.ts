// Facts about the call in progress.

import * as host from 'tenon:plugin/context';

/** Returns the run that this call belongs to (`run_…`), or undefined outside of a run. */
export function runId(): string | undefined {
  return host.runId();
}

/** Returns the path of the step in its run, or undefined outside of a step. */
export function stepPath(): string | undefined {
  return host.stepPath();
}

/** Returns which try of the step this is, from 1; 0 outside of a step. */
export function attempt(): number {
  return host.attempt();
}

/** Returns the name under which the operator bound this plugin. */
export function binding(): string {
  return host.binding();
}

/** Returns the time of the journaled event that this call answers. The same for each replay. */
export function eventTime(): Date {
  return new Date(Number(host.eventTimeMs()));
}

/** Returns when the host will stop this call. */
export function deadline(): Date {
  return new Date(Number(host.deadlineMs()));
}
