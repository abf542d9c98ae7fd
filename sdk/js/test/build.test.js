// The build: what it reads, what it appends, and what it says about mistakes. No component is built.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contract } from '../bin/build/contract.js';
import { distance, hint } from '../bin/build/nearest.js';
import { isTooOld } from '../bin/build/node.js';
import { append, leb } from '../bin/build/section.js';
import { CODES, TenonError } from '../dist/index.js';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

test('the contract in the package is that of the repository', async () => {
  const source = here('../../wit/tenon-plugin@1.0.0');
  const files = (await readdir(source)).filter((name) => name.endsWith('.wit'));
  assert.deepEqual((await readdir(here('wit'))).sort(), files.sort());
  for (const name of files) {
    assert.equal(await readFile(here(`wit/${name}`), 'utf8'), await readFile(join(source, name), 'utf8'), name);
  }
  const { version, interfaces, functions, capabilities } = await contract();
  assert.equal(version, '1.0.0');
  for (const name of ['action', 'resource', 'kv', 'types']) assert.ok(interfaces.includes(name), name);
  assert.deepEqual(functions.cache, ['find', 'offer', 'commit', 'remove', 'list', 'prune']);
  assert.deepEqual(capabilities, [
    'output', 'workspace', 'process', 'http', 'kv', 'secret-store', 'secret-reveal', 'keyring', 'blob', 'tcp', 'kernel',
  ]);
});

test('errors have the codes of the contract', async () => {
  const types = await readFile(here('wit/types.wit'), 'utf8');
  const list = /`code` is one of[\s\S]*?record error/.exec(types)[0];
  const codes = [...list.matchAll(/`([a-z-]+)`(?! is one)/g)].map(([, code]) => code);
  assert.deepEqual(CODES, codes);
  for (const code of CODES) {
    const make = TenonError[code.replace(/-./g, (part) => part[1].toUpperCase())];
    const { code: made, message, retryAfterMs } = make('x', { retryAfterMs: 5 });
    assert.deepEqual([made, message, retryAfterMs], [code, 'x', 5]);
  }
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

const HTTP = `import * as http from '@tenon/sdk/http';`;
const OTHER = `actions: { a: { summary: 'a', start: () => 1 } }`;
const asks = (request) => whole(`[{ capability: ${request}, reason: 'r' }]`, OTHER);

test('each mistake is named with the way out', async () => {
  for (const [text, part] of [
    [whole('[]', ACTION, KV), /uses kv, but does not ask for it: add/],
    [asks(`'http', parameters: ['GET a']`), /asks for http, but does not use it/],
    [asks(`'htpp'`), /asks for "htpp", which is no capability; did you mean "http"\?/],
    [asks(`'log'`), /asks for log, which every plugin has/],
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

test('a key that nothing reads is named with its place and the nearest that is read', async () => {
  const said = await check(`
    import { plugin } from '@tenon/sdk';
    export default plugin({
      name: 'demo', version: '1', sumary: 'x', config: [],
      requests: [{ capability: 'kv', parameter: ['9'], reason: 'r' }, { capability: 'kv', parameters: '9' }],
      actions: {
        a: { sumary: 'a', satrt: () => 1 },
        b: { summary: 'b', start: () => 1, input: { type: 'objekt', proprties: {}, $ref: '#' } },
        c: { summary: 'c', start: () => 1, input: { properties: { n: { minimum: 3, default: 1 } } } },
      },
      resource: { name: 'r', summary: 'r', sources: {}, version: true, check: 1, get() {}, put() {} },
      notifier: { sned() {} },
    });
  `);
  assert.deepEqual(said.trimEnd().split('\n'), [
    'error: the plugin has no "sumary"; did you mean "summary"?',
    'error: version: "1" is no version of a plugin: write one such as 0.1.0',
    'error: summary is missing',
    'error: requests[0] has no "parameter"; did you mean "parameters"?',
    'error: requests[1].parameters must be an array, but is a string',
    'error: config must be a JSON Schema, an object, but is an array',
    'error: actions.a has no "sumary"; did you mean "summary"?',
    'error: actions.a has no "satrt"; did you mean "start"?',
    'error: actions.a.summary is missing',
    'error: actions.a.start is missing',
    'error: actions.b.input.type must be string, integer, number, boolean, null, array, object, or a list of them, but is "objekt"',
    'error: actions.b.input: there is no keyword "proprties"; did you mean "properties"?',
    'error: actions.b.input.$ref: inputs are not checked against "$ref"; leave it out, and check that in the function',
    'error: actions.c.input.properties.n.default must be at least 3, but is 1',
    'error: resource has no "sources"; did you mean "source"?',
    'error: resource.version must be a JSON Schema, an object, but is true',
    'error: resource.check must be a function, but is a number',
    'error: notifier has no "sned"; did you mean "send"?',
  ]);
});

test('what has parts is asked for by its parts', async () => {
  for (const [capability, part] of [
    ['blob', 'reports'],
    ['http', 'GET api.example.com'],
    ['kernel', 'GET /api/v1/runs/*'],
    ['process', 'git'],
    ['secret-reveal', 'SIGNING_KEY'],
    ['secret-store', 'DEPLOY_TOKEN'],
    ['tcp', 'db.example.com:5432'],
  ]) {
    const said = await check(asks(`'${capability}'`));
    const message = `error: demo asks for ${capability} without saying of what: name what it needs, such as parameters: ['${part}']`;
    assert.ok(said.split('\n').includes(message), said);
  }
});

test('models and caches ask for what the kernel does for them', async () => {
  const request = `[{ capability: 'http', parameters: ['POST api.example.com'], reason: 'r' }]`;
  for (const body of [`model: { models: () => ({ models: [] }) }`, `cache: { find: () => ({}) }`]) {
    assert.match(await check(whole(request, body)), /asks for http POST api\.example\.com/);
  }
  const bucket = `[{ capability: 'blob', parameters: ['archives'], reason: 'r' }]`;
  assert.match(await check(whole(bucket, `cache: { find: () => ({}) }`)), /asks for blob archives/);
  assert.match(await check(whole(bucket, `model: { models: () => ({ models: [] }) }`)), /does not use it/);
  assert.match(await check(whole(request, `notifier: { send: () => ({}) }`)), /does not use it/);
  assert.match(await check(whole(request, `notifier: { send: () => http.send('') }`, HTTP)), /^plugin   demo/);
});

test('the nearest word is found, and only one that is near', () => {
  assert.equal(distance('satrt', 'start'), 1);
  assert.equal(distance('', 'abc'), 3);
  assert.equal(hint('state_version', ['name', 'stateVersion']), 'did you mean "stateVersion"?');
  assert.equal(hint('colour', ['name', 'start']), 'there are name, start');
});

test('what is too old is told before anything else fails', async () => {
  assert.deepEqual(['18.20.4', '20.5.1', '20.6.0', '24.0.0'].map(isTooOld), [true, true, false, false]);
  const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '18.20.4' } })`;
  const run = (...args) =>
    new Promise((resolve) => {
      execFile(process.execPath, ['--import', old, ...args], (err, stdout, stderr) => resolve(stderr));
    });
  const message = /^error: Tenon's SDK needs Node\.js 20\.6 or newer, but this is 18\.20\.4/m;
  assert.match(await run(here('bin/tenon-plugin.js'), 'check'), message);
  assert.match(await run('--import', here('dist/testing.js'), '--eval', '0'), /needs Node\.js 20\.6 or newer/);
});
