// A plugin with one of each step machine, for the tests.
import { action, errored, failed, plugin, wait, TenonError } from '../dist/index.js';
import { config } from '../dist/config.js';
import * as http from '../dist/http.js';
import * as kv from '../dist/kv.js';
import * as log from '../dist/log.js';
import * as process from '../dist/process.js';
import { Volume } from '../dist/workspace.js';

const CONFIG = { type: 'object', properties: { prefix: { type: 'string', default: '#' } } };

export default plugin({
  name: 'demo',
  version: '1.2.3',
  summary: 'Shows everything.',
  config: CONFIG,
  requests: [{ capability: 'kv', parameters: ['1024'], reason: 'Counts.' }],
  actions: {
    count: action({
      summary: 'Counts up.',
      input: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      start({ name }) {
        const item = kv.get(name);
        log.info(`counting ${name}`);
        return `${config(CONFIG).prefix}${kv.set(name, 1, item?.version ?? 0)}`;
      },
    }),
    run: {
      summary: 'Runs a program.',
      start({ program }) {
        process.start('main', { program, args: ['-l'], env: { A: 'secret:A' }, options: { 'capture-stdout': 10 } });
        return wait({ program }, 1_500);
      },
      resume({ program }, event) {
        if (event.kind === 'process-ended') return event.code === 0 ? event.stdout : failed(`${program} said no`);
        return errored(event.kind);
      },
    },
    bug: { summary: '', start: () => undefined.x },
    promise: { summary: '', start: async () => 1 },
    refuse: { summary: '', start: () => { throw new TenonError('unavailable', 'not now', { retryAfterMs: 5 }); } },
    fetch: { summary: '', start: ({ url }) => http.send(url, { body: { a: 1 } }).json() },
    huge: { summary: '', start: () => wait('x'.repeat(300_000)) },
  },
  resource: {
    name: 'demo',
    summary: 'Versions.',
    check: ({ version }) => ({ versions: [version, { n: 1 }].filter(Boolean) }),
    get({ volume, version }) {
      Volume.open(volume).write('a/b', JSON.stringify(version));
      return { version, metadata: [] };
    },
    put: () => ({ version: { n: 2 } }),
  },
  language: {
    patterns: ['*.demo'],
    compile: ({ source }) =>
      source ? { plan: { program: source } } : { diagnostics: [{ severity: 'error', code: 'empty', message: 'it is empty' }] },
    drive: (program, state = 0, events) => ({ state: state + events.length, commands: [{ command: 'finish', status: 'succeeded' }] }),
  },
  notifier: { send: ({ text }) => ({ reference: text }) },
});
