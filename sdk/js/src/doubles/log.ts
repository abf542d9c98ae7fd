// A double of `tenon:plugin/log`.

import { the } from './host.js';

export const write = (level: string, message: string) => void the().logs.push(`${level}: ${message}`);
