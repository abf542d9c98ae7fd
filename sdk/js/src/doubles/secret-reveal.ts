// A double of `tenon:plugin/secret-reveal`.

import { the } from './host.js';
import type { Secret } from './secret-store.js';

export const reveal = (secret: Secret) => the().secrets[secret.name()];
