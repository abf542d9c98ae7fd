// One module of the author's, the SDK and what they import: as one text.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as esbuild from 'esbuild';

import { Problem } from './problem.js';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const MODULES = ['plugin.js', 'plugin.mjs', 'plugin.ts', 'src/plugin.js', 'src/plugin.ts'];

/** Returns the author's module. */
export function entry(module) {
  if (module !== undefined) {
    if (existsSync(module)) return resolve(module);
    throw new Problem(`there is no file ${module}`);
  }
  const found = MODULES.find((path) => existsSync(path));
  if (found) return resolve(found);
  throw new Problem(`there is none of ${MODULES.join(', ')} here; name the module of the plugin`);
}

/** Bundles `text`, a module beside the author's, and returns the code and what it imports. */
export async function bundle(text, version) {
  const result = await esbuild
    .build({
      stdin: { contents: text, resolveDir: process.cwd(), sourcefile: 'tenon-entry.js' },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['import'],
      target: 'es2023',
      metafile: true,
      logLevel: 'silent',
      plugins: [sdk(version)],
    })
    .catch((err) => {
      const [first] = err.errors ?? [];
      if (!first) throw err;
      const { file, line, column } = first.location ?? {};
      throw new Problem(`${file ? `${file}:${line}:${column + 1}: ` : ''}${first.text}${hint(first)}`);
    });
  const [output] = Object.values(result.metafile.outputs);
  const imports = output.imports.filter(({ external }) => external).map(({ path }) => path);
  return { code: result.outputFiles[0].text, imports: [...new Set(imports)] };
}

/** Makes all of a plugin use this package, and gives the contract its version. */
function sdk(version) {
  return {
    name: 'tenon',
    setup(build) {
      build.onResolve({ filter: /^tenon:plugin\// }, ({ path }) => ({
        path: `${path}@${version}`,
        external: true,
      }));
      build.onResolve({ filter: /^@tenon\/sdk($|\/)/ }, ({ path, pluginData }) => {
        if (pluginData === 'own') return undefined;
        const options = { resolveDir: PACKAGE, kind: 'import-statement', pluginData: 'own' };
        return build.resolve(path, options);
      });
    },
  };
}

function hint({ text }) {
  return /Could not resolve "(node:)?(fs|net|http|https|child_process|os|path|crypto)"/.test(text)
    ? '; a plugin has no Node.js: use the modules of @tenon/sdk, such as @tenon/sdk/http'
    : '';
}
