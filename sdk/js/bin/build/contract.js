// What the package knows of the contract: read from the WIT inside of it.
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WIT = fileURLToPath(new URL('../../wit/', import.meta.url));
/** What each plugin may use without asking. */
export const FREE = ['config', 'context', 'log'];
/** Interfaces that a plugin exports beside its kinds, by the function that makes them. */
export const EXTRAS = { selftest: 'selftest', migrate: 'migration' };

/** Reads the version of the contract, the functions of its interfaces, and what can be asked for. */
export async function contract() {
  const files = (await readdir(WIT)).filter((name) => name.endsWith('.wit')).sort();
  const texts = await Promise.all(files.map((name) => readFile(join(WIT, name), 'utf8')));
  const version = /^package tenon:plugin@([\d.]+);/m.exec(texts.join('\n'))?.[1];
  const functions = Object.fromEntries(texts.flatMap(interfaces));
  const offered = interfaces(texts[files.indexOf('capabilities.wit')]).map(([name]) => name);
  const capabilities = offered.filter((name) => !FREE.includes(name));
  return { version, interfaces: Object.keys(functions), functions, capabilities };
}

/** Returns the interfaces of a file, each with the names of its functions. */
function interfaces(text) {
  const found = text.matchAll(/^interface %?([a-z-]+) \{\n([\s\S]*?)^\}/gm);
  return [...found].map(([, name, body]) => {
    return [name, [...body.matchAll(/^  %?([a-z-]+): func/gm)].map(([, called]) => called)];
  });
}

/** Writes the world of one plugin, and returns its folder. */
export async function world(dir, version, imports, exports) {
  const wit = join(dir, 'wit');
  await mkdir(join(wit, 'deps'), { recursive: true });
  await cp(WIT, join(wit, 'deps/tenon-plugin'), { recursive: true });
  // Some names are words of the language, such as `resource`.
  const line = (word) => (name) => `  ${word} tenon:plugin/%${name}@${version};`;
  const body = [...imports.map(line('import')), ...exports.map(line('export'))].join('\n');
  await writeFile(join(wit, 'world.wit'), `package tenon:built;\n\nworld built {\n${body}\n}\n`);
  return wit;
}
