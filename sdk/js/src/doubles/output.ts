// A double of `tenon:plugin/output`.

import { the } from './host.js';

const decoder = new TextDecoder();

export const stdout = (bytes: Uint8Array) => void (the().stdout += decoder.decode(bytes));
export const stderr = (bytes: Uint8Array) => void (the().stderr += decoder.decode(bytes));
