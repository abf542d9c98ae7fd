// The command `tenon-plugin`.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Problem } from './problem.js';

const USAGE = `Builds a Tenon plugin from a JavaScript or TypeScript module.

Usage:
  tenon-plugin build [MODULE] [--out FILE]   build the component NAME.wasm
  tenon-plugin check [MODULE]                say what the plugin is and asks for, and build nothing

MODULE is the file whose default export is plugin({…}). Without it: plugin.js, plugin.ts,
src/plugin.js or src/plugin.ts, whichever is there.`;

/** Does what the arguments of the process say. */
export async function run() {
  try {
    const options = { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [command, module, ...more] = positionals;
    if (values.help || command === undefined) {
      console.log(USAGE);
      process.exitCode = values.help ? 0 : 2;
    } else if (more.length > 0 || !['build', 'check'].includes(command)) {
      const word = more[0] ?? command;
      throw new Problem(`${JSON.stringify(word)} is not expected here\n\n${USAGE}`);
    } else {
      const { build, check } = await builder();
      await (command === 'check' ? check(module) : build(module, values.out));
    }
  } catch (err) {
    const known = err instanceof Problem || err.code?.startsWith('ERR_PARSE_ARGS');
    console.error(`error: ${known ? err.message : err.stack}`);
    process.exitCode = 1;
  }
}

/** Returns what builds. A checkout of the SDK, unlike its package, has to be built itself first. */
async function builder() {
  const home = fileURLToPath(new URL('../..', import.meta.url));
  if (!existsSync(`${home}dist`)) {
    throw new Problem(
      `the SDK in ${home} was not built yet; run \`npm install && npm run build\` there`,
    );
  }
  return import('./build.js');
}
