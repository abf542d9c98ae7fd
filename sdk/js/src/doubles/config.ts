// A double of `tenon:plugin/config`.

import { the } from './host.js';

export const get = () => JSON.stringify(the().config);
