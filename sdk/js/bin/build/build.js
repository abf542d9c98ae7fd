// From a module to a component.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { kinds as kindsOf, manifest as manifestOf } from '../../dist/plugin.js';
import { bundle, entry } from './bundle.js';
import { EXTRAS, FREE, contract, world } from './contract.js';
import { problems } from './definition.js';
import { Problem } from './problem.js';
import { requestProblems } from './requests.js';
import { SECTION, append } from './section.js';

/** Always off: plugins reach the outside by the contract's `http`, which is granted by host. */
const DISABLED = ['http', 'fetch-event'];

/** Says what the plugin is, and builds nothing. */
export async function check(module) {
  const { described } = await inTemporary((dir) => look(dir, module));
  print(described);
}

/** Builds the component. */
export async function build(module, out) {
  const began = Date.now();
  await inTemporary(async (dir) => {
    const { described, path, version } = await look(dir, module);
    const { kinds, extras, imports, manifest } = described;
    const exported = [...kinds, ...extras];
    const lines = exported.map((kind) => `export const ${kind} = made.${kind};`).join('\n');
    const { code } = await bundle(`${head(path)}const made = component(plugin);\n${lines}\n`, version);
    const source = join(dir, `${manifest.name}.js`);
    await writeFile(source, code);
    const component = await componentize({
      sourcePath: source,
      witPath: await world(dir, version, [...FREE.filter((n) => imports.includes(n)), ...wishes(imports)], exported),
      worldName: 'built',
      disableFeatures: DISABLED,
    });
    const file = out ?? `${manifest.name}.wasm`;
    const bytes = append(component, SECTION, JSON.stringify(manifest));
    await writeFile(file, bytes);
    print(described);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(`built    ${relative('.', file) || file}, ${(bytes.length / 2 ** 20).toFixed(1)} MiB, in ${seconds} s`);
  });
}

async function inTemporary(work) {
  const dir = await mkdtemp(join(tmpdir(), 'tenon-plugin-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function look(dir, module) {
  const path = entry(module);
  const { version, interfaces, functions, capabilities } = await contract();
  // All that may be used of the SDK is in this one, so what it imports is what the plugin asks for.
  const { code, imports } = await bundle(`${head(path)}export { plugin, component };\n`, version);
  const file = join(dir, 'described.mjs');
  await writeFile(file, code);
  register(new URL('../../dist/testing-loader.js', import.meta.url));
  let plugin;
  try {
    ({ plugin } = await import(pathToFileURL(file).href));
  } catch (err) {
    throw new Problem(`${relative('.', path)} cannot be loaded: ${err.message}`);
  }
  const used = imports.map((name) => /^tenon:plugin\/([a-z-]+)@/.exec(name)?.[1]).filter(Boolean);
  if (typeof plugin !== 'object' || plugin === null) {
    throw new Problem(`${relative('.', path)} has no plugin: write \`export default plugin({…})\``);
  }
  Problem.of(problems(plugin, functions));
  const described = describe(plugin, version, used, capabilities);
  const unknown = [...described.kinds, ...described.extras].find((kind) => !interfaces.includes(kind));
  if (unknown) throw new Problem(`the contract ${version} has no ${unknown}`);
  return { described, path, version };
}

function head(path) {
  const quoted = JSON.stringify(path);
  return `import plugin from ${quoted};\nimport { component } from '@tenon/sdk/component';\n`;
}

/** Says what the plugin is, once what it asks for is what it uses. */
function describe(plugin, version, imports, capabilities) {
  const { name, requests = [] } = plugin;
  const kinds = kindsOf(plugin);
  if (kinds.length === 0) {
    throw new Problem(`${name} is nothing yet: give it actions, a resource, a launcher, a language or another kind`);
  }
  Problem.of(requestProblems({ name, kinds, requests, used: wishes(imports), capabilities }));
  const extras = Object.entries(EXTRAS).filter(([key]) => plugin[key]).map(([, name]) => name);
  return { kinds, extras, imports, manifest: manifestOf(plugin, version) };
}

function wishes(imports) {
  return imports.filter((name) => !FREE.includes(name));
}

/** Runs the engine's own build, which prints nothing when it succeeds. */
async function componentize(options) {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  try {
    return (await componentize(options)).component;
  } catch (err) {
    throw new Problem(`the component could not be built: ${err.message}`);
  }
}

function print({ kinds, imports, manifest }) {
  console.log(`plugin   ${manifest.name} ${manifest.version}`);
  console.log(`is       ${kinds.join(', ')}`);
  const asks = manifest.requests.map(({ capability, parameters = [] }) => [capability, ...parameters].join(' '));
  console.log(`asks for ${asks.join(', ') || 'nothing'}`);
}
