import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { host, reset } from '@tenon/sdk/testing';

import plugin from './plugin.js';

const { compile, drive } = plugin.language;
const BOOK = '# Greet\n\n```sh\necho hello\n```\n\ntext\n\n```text\nno step\n```\n\n## Part, now!\n\n```sh\necho bye\n```\n';

beforeEach(reset);

test('sh blocks are steps, called as their headings', () => {
  const steps = JSON.parse(compile({ source: BOOK }).plan.program);
  assert.deepEqual(steps.map(({ path, script }) => [path, script]), [
    ['1-greet', 'echo hello'],
    ['2-part-now', 'echo bye'],
  ]);
});

test('a runbook without steps and an open block are refused', () => {
  assert.equal(compile({ source: '# Nothing\n' }).diagnostics[0].code, 'no-steps');
  assert.deepEqual(compile({ source: 'a\n```sh\n' }).diagnostics[0].line, 2);
});

test('steps run one after the other, and the first failure ends the run', () => {
  const { program } = compile({ source: BOOK }).plan;
  let { state, commands } = drive(program, undefined, [{ event: 'started' }]);
  assert.equal(commands[0].path, '1-greet');
  const end = (path, status) => ({ event: 'step-ended', path, status });
  const failed = drive(program, structuredClone(state), [end('1-greet', 'failed')]);
  assert.deepEqual(failed.commands, [{ command: 'finish', status: 'failed', message: 'Greet: failed' }]);
  ({ state, commands } = drive(program, state, [end('1-greet', 'succeeded')]));
  assert.equal(commands[0].path, '2-part-now');
  ({ state, commands } = drive(program, state, [end('2-part-now', 'succeeded')]));
  assert.equal(commands[0].work.name, 'summary');
  ({ commands } = drive(program, state, [end('summary', 'succeeded')]));
  assert.equal(commands[0].status, 'succeeded');
});

test('the summary names the steps', () => {
  assert.equal(plugin.actions.summary.start({ steps: [{ name: 'a', status: 'succeeded' }] }), 1);
  assert.equal(host.stdout, 'done: a\n');
  assert.throws(() => plugin.actions.summary.start({}), { code: 'invalid' });
});
