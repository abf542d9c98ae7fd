// A double of `tenon:plugin/context`.

import { the } from './host.js';

export const runId = () => the().context.runId;
export const stepPath = () => the().context.stepPath;
export const attempt = () => the().context.attempt;
export const binding = () => the().context.binding;
export const eventTimeMs = () => BigInt(the().context.eventTimeMs);
export const deadlineMs = () => BigInt(the().context.eventTimeMs + 5_000);
