#!/usr/bin/env node
// Builds and checks plugins: `npx tenon-plugin build`. What an older Node.js cannot load is
// imported only once it is known to be none.
import { isTooOld, needed } from './build/node.js';

if (isTooOld(process.versions.node)) {
  console.error(`error: ${needed(process.versions.node)}`);
  process.exitCode = 1;
} else {
  import('./build/command.js').then(({ run }) => run());
}
