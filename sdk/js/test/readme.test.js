// The README, as a stranger follows it: its plugin passes its tests, and is what it should be.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { KEYWORDS } from '../dist/check.js';

const home = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(home, 'README.md'), 'utf8');

test('the plugin of the README passes its tests, and its build takes it', async () => {
  const [plugin, tests] = [...readme.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, text]) => text);
  const dir = await mkdtemp(join(tmpdir(), 'tenon-readme-'));
  try {
    await mkdir(join(dir, 'node_modules/@tenon'), { recursive: true });
    await symlink(home, join(dir, 'node_modules/@tenon/sdk'));
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
    await writeFile(join(dir, 'plugin.js'), plugin);
    await writeFile(join(dir, 'plugin.test.js'), tests);
    const node = (...args) => {
      // The runner tells its children to talk to it, and these are others.
      const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: dir, env, encoding: 'utf8' });
      assert.equal(status, 0, stdout + stderr);
      return stdout;
    };
    assert.match(node('--import', '@tenon/sdk/testing', '--test'), /^# pass 2$/m);
    assert.match(node(join(home, 'bin/tenon-plugin.js'), 'check'), /^is       action\nasks for kv 65536$/m);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('the README names what is checked, and the Node.js that is needed', async () => {
  for (const keyword of Object.keys(KEYWORDS)) assert.ok(readme.includes(`\`${keyword}\``), keyword);
  const { engines } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
  assert.equal(engines.node, '>=20.6');
  assert.match(readme, /Node\.js 20\.6 or newer/);
});
