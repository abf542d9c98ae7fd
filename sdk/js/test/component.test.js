// What the component exports, called as the host calls it.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { component } from '../dist/component.js';
import { kinds, manifest } from '../dist/plugin.js';
import { host, reset } from '../dist/testing.js';
import plugin from './counter.js';

const made = component(plugin);
const output = (step) => JSON.parse(step.done).output;
const bytes = (value) => new TextEncoder().encode(JSON.stringify(value));
const value = (state) => JSON.parse(new TextDecoder().decode(state));
const payload = (call) => {
  try {
    call();
  } catch (err) {
    return err.payload;
  }
  return assert.fail('it did not throw');
};

beforeEach(reset);

test('what a function returns is the output of a success', () => {
  host.config = { prefix: 'no. ' };
  made.action.start('count', '{"name":"a"}');
  const step = made.action.start('count', '{"name":"a"}');
  assert.deepEqual(JSON.parse(step.done), { status: 'succeeded', output: 'no. 2' });
  assert.deepEqual(host.logs, ['info: counting a', 'info: counting a']);
});

test('a default of the schema is there', () => {
  assert.equal(output(made.action.start('count', '{"name":"a"}')), '#1');
});

test('an action waits and goes on with its state', () => {
  const step = made.action.start('run', '{"program":"ls"}');
  assert.equal(step.wakeAfterMs, 1_500n);
  assert.deepEqual(host.effects[0], {
    start: 'main', program: 'ls', args: ['-l'], env: { A: 'secret:A' }, mounts: {},
    options: { 'capture-stdout': '10' }, stdin: undefined, directory: undefined,
  });
  const ended = (data) => ({ kind: 'process-ended', handle: 'main', data: JSON.stringify(data) });
  assert.equal(output(made.action.resume(step.state, ended({ code: 0, stdout: 'ok' }))), 'ok');
  const no = JSON.parse(made.action.resume(step.state, ended({ code: 1 })).done);
  assert.deepEqual([no.status, no.message], ['failed', 'ls said no']);
});

test('an event of a later contract changes nothing', () => {
  const { state } = made.action.start('run', '{"program":"ls"}');
  const step = made.action.resume(state, { kind: 'eclipse', data: '{}' });
  assert.deepEqual([step.done, step.state], [undefined, state]);
});

test('mistakes become errors of the contract', () => {
  const said = (name, input = '{}') => payload(() => made.action.start(name, input));
  assert.equal(said('count', '{').code, 'invalid');
  assert.match(said('none').message, /there is no function "none"; there are: count, run/);
  assert.match(said('bug').message, /TypeError.*counter\.js/);
  assert.match(said('promise').message, /promise/);
  assert.match(said('huge').message, /the state has 300026 bytes/);
  assert.deepEqual(said('refuse'), { code: 'unavailable', message: 'not now', retryAfterMs: 5n, detail: [] });
  assert.equal(payload(() => made.action.cancel(bytes({ name: 'run' }), 5n)).code, 'cancelled');
  assert.equal(payload(() => made.resource.resume(new Uint8Array(), { kind: 'wake' })).code, 'internal');
});

test('a refusal of the host reaches the author as an error', () => {
  assert.equal(payload(() => made.action.start('fetch', '{"url":"http://a/"}')).code, 'denied');
  host.http = (method, url, headers, body) => ({
    status: 200, body: JSON.stringify([method, url, headers, new TextDecoder().decode(body)]),
  });
  assert.deepEqual(output(made.action.start('fetch', '{"url":"http://a/"}')), [
    'POST', 'http://a/', [['content-type', 'application/json']], '{"a":1}',
  ]);
});

test('a resource checks, gets and puts', () => {
  assert.deepEqual(output(made.resource.check('{"version":{"n":0}}')), { versions: [{ n: 0 }, { n: 1 }] });
  made.resource.get('{"version":{"n":1},"volume":"v"}');
  assert.equal(new TextDecoder().decode(host.volumes.v['a/b']), '{"n":1}');
});

test('a language compiles and drives', () => {
  assert.deepEqual(made.language.compile('{"source":"x"}'), { plan: '{"program":"x"}', diagnostics: [] });
  assert.equal(made.language.compile('{"source":""}').diagnostics[0].line, 0);
  const first = made.language.drive('x', new Uint8Array(), '[1,2]');
  assert.equal(value(first.state), 2);
  assert.equal(value(made.language.drive('x', first.state, '[3]').state), 3);
});

test('a kind that answers at once speaks envelopes, and says what it cannot', () => {
  assert.equal(made.notifier.send('{"text":"hi"}'), '{"reference":"hi"}');
  assert.equal(payload(() => made.notifier.other('{}')).code, 'unsupported');
});

test('the manifest says what the plugin is', () => {
  assert.deepEqual(kinds(plugin), ['language', 'resource', 'action', 'notifier']);
  const made = manifest(plugin, '1.0.0');
  assert.deepEqual([made.name, made.contract, made.patterns], ['demo', '1.0.0', ['*.demo']]);
  assert.equal(made.actions[0].input.required[0], 'name');
});

test('blobs are there once they are finished', async () => {
  const { Bucket } = await import('../dist/blob.js');
  const bucket = Bucket.open('reports');
  assert.deepEqual(bucket.put('a/b', 'hello'), { key: 'a/b', size: 5, storedAtMs: 0 });
  bucket.put('a/c', new Uint8Array(1 << 20));
  assert.equal(bucket.getText('a/b'), 'hello');
  assert.equal(bucket.get('a/c').length, 1 << 20);
  assert.equal(new TextDecoder().decode(bucket.read('a/b', 1, 2)), 'el');
  bucket.upload('a/d').write('never there');
  const upload = bucket.upload('a/e');
  upload.finish();
  assert.throws(() => upload.write('late'), { code: 'invalid' });
  assert.deepEqual(bucket.list('a/', 'a/b').map(({ key }) => key), ['a/c', 'a/e']);
  bucket.remove('a/c');
  assert.equal(bucket.info('a/c'), undefined);
  assert.throws(() => bucket.get('a/c'), { code: 'not-found' });
  assert.deepEqual(Object.keys(host.blobs.reports), ['a/b', 'a/e']);
});

test('keys and values are such as the kernel takes', async () => {
  const kv = await import('../dist/kv.js');
  const { Bucket } = await import('../dist/blob.js');
  for (const key of ['', 'ü'.repeat(257)]) assert.throws(() => kv.set(key, 1), { code: 'invalid' });
  assert.throws(() => kv.set('a', 'x'.repeat(65_536)), { code: 'limit' });
  for (const key of ['', 'a//b', '../a', 'x'.repeat(513)]) {
    assert.throws(() => Bucket.open('b').put(key, ''), { code: 'invalid' });
  }
});

test('connections read what the test has put there', async () => {
  const { Connection } = await import('../dist/tcp.js');
  const text = (bytes) => new TextDecoder().decode(bytes);
  host.streams.push('+PONG\r\n');
  const connection = Connection.connect('db.example.com', 6379, { tls: true });
  connection.write('PING\r\n');
  assert.equal(text(connection.readExact(5)), '+PONG');
  assert.equal(text(connection.read()), '\r\n');
  assert.throws(() => connection.readExact(1), /ended after 0 of 1 bytes/);
  connection.close();
  const [{ host: name, port, tls, written }] = host.dialled;
  assert.deepEqual([name, port, tls, text(written)], ['db.example.com', 6379, true, 'PING\r\n']);
  assert.throws(() => Connection.connect('db.example.com', 6379), /put one into host.streams/);
});

test('secrets are references until they are revealed, and sealed bytes are bound', async () => {
  host.secrets = { TOKEN: 'abc' };
  const { get } = await import('../dist/secret-store.js');
  const { reveal } = await import('../dist/secret-reveal.js');
  const { open, seal } = await import('../dist/keyring.js');
  const { call } = await import('../dist/kernel.js');
  assert.equal(get('TOKEN').reference, '((secret:TOKEN))');
  assert.equal(reveal(get('TOKEN')), 'abc');
  assert.throws(() => get('OTHER'), { code: 'not-found' });
  assert.equal(new TextDecoder().decode(open('a', seal('a', 'plain'))), 'plain');
  assert.throws(() => open('b', seal('a', 'plain')), { code: 'invalid' });
  host.kernel = (method, path) => ({ status: 200, body: JSON.stringify([method, path]) });
  assert.deepEqual(call('GET', '/api/v1/runs').body, ['GET', '/api/v1/runs']);
});
