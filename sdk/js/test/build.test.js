// The build: what it reads, what it appends, and what it says about mistakes. No component is built.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contract } from '../bin/build/contract.js';
import { append, leb } from '../bin/build/section.js';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

test('the contract in the package is that of the repository', async () => {
  const source = here('../../wit/tenon-plugin@1.0.0');
  const files = (await readdir(source)).filter((name) => name.endsWith('.wit'));
  assert.deepEqual((await readdir(here('wit'))).sort(), files.sort());
  for (const name of files) {
    assert.equal(await readFile(here(`wit/${name}`), 'utf8'), await readFile(join(source, name), 'utf8'), name);
  }
  const { version, interfaces } = await contract();
  assert.equal(version, '1.0.0');
  for (const name of ['action', 'resource', 'kv', 'types']) assert.ok(interfaces.includes(name), name);
});

test('a section is appended as the format asks', () => {
  assert.deepEqual(leb(300), [0xac, 0x02]);
  assert.deepEqual([...append(new Uint8Array([9]), 'ab', 'xyz')], [9, 0, 6, 2, 97, 98, 120, 121, 122]);
});

/** Runs `tenon-plugin check` on a module. */
async function check(text) {
  const dir = await mkdtemp(join(tmpdir(), 'tenon-test-'));
  try {
    await writeFile(join(dir, 'plugin.ts'), text);
    return await new Promise((resolve) => {
      execFile(process.execPath, [here('bin/tenon-plugin.js'), 'check'], { cwd: dir }, (err, stdout, stderr) =>
        resolve(err ? stderr : stdout),
      );
    });
  } finally {
    await rm(dir, { recursive: true });
  }
}

const whole = (requests, body, imports = '') => `
  import { plugin } from '@tenon/sdk';
  ${imports}
  export default plugin({ name: 'demo', version: '0.1.0', summary: 'x', requests: ${requests}, ${body} });
`;
const KV = `import * as kv from '@tenon/sdk/kv';`;
const ACTION = `actions: { a: { summary: 'a', start: () => kv.list() } }`;

test('a good module is described', async () => {
  const said = await check(whole(`[{ capability: 'kv', parameters: ['9'], reason: 'r' }]`, ACTION, KV));
  assert.equal(said, 'plugin   demo 0.1.0\nis       action\nasks for kv 9\n');
});

test('each mistake is named with the way out', async () => {
  for (const [text, part] of [
    [whole('[]', ACTION, KV), /uses kv, but does not ask for it: add/],
    [whole(`[{ capability: 'http', reason: 'r' }]`, `actions: {}`), /asks for http, but does not use it/],
    [whole(`[{ capability: 'kv' }]`, ACTION, KV), /asks for kv without a reason/],
    [whole('[]', ''), /demo is nothing yet/],
    ['export default 3;', /has no plugin: write `export default/],
    [`import fs from 'node:fs'; export default fs;`, /a plugin has no Node\.js/],
    ['export default {', /plugin\.ts:1:/],
    ['throw new Error("at once");', /cannot be loaded: at once|has no plugin|No matching export/],
  ]) {
    assert.match(await check(text), part);
  }
});
