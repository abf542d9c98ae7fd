// What is given to a plugin, against the schemas that it declares.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEYWORDS, checked } from '../dist/check.js';
import { component } from '../dist/component.js';
import { TenonError, action, plugin } from '../dist/index.js';
import { problems } from '../bin/build/schema.js';

const STEP = { type: 'object', required: ['name'], properties: { name: { type: 'string', minLength: 1 } } };

/** Checks a value, and compares what is said of it; nothing for one that fits. */
function check(schema, value, said) {
  assert.deepEqual(problems(schema, 'x'), []);
  const text = JSON.stringify(schema);
  if (said === undefined) return assert.deepEqual(checked('input', schema, value), value, text);
  return assert.throws(() => checked('input', schema, value), { code: 'invalid', message: said }, text);
}

test('what does not fit is named with its path and what was expected', () => {
  for (const [schema, value, said] of [
    [{ type: 'object' }, null, 'the input must be an object, but is null'],
    [{ type: 'object' }, [], 'the input must be an object, but is an array'],
    [{ type: ['string', 'null'] }, 3, 'the input must be a string or null, but is a number'],
    [{ type: 'integer' }, 1.5, 'the input must be an integer, but is a number'],
    [{ type: 'boolean' }, 'yes', 'the input must be true or false, but is a string'],
    [STEP, {}, '`name` of the input must be a string, but is missing'],
    [{ required: ['a'] }, {}, '`a` of the input must be given, but is missing'],
    [{ items: STEP }, [{ name: 'a' }, { name: 7 }], '`[1].name` of the input must be a string, but is a number'],
    [{ properties: { steps: { items: STEP } } }, { steps: [{ name: '' }] }, '`steps[0].name` of the input must have 1 character or more, but has 0'],
    [{ ...STEP, additionalProperties: false }, { nmae: 'a' }, 'the input must have only `name`, but has `nmae`'],
    [{ additionalProperties: { type: 'null' } }, { 'a b': 1 }, '`["a b"]` of the input must be null, but is a number'],
    [{ additionalProperties: false }, { a: 1 }, 'the input must be empty, but has `a`'],
    [{ propertyNames: { pattern: '^a' } }, { b: 1 }, '`b` of the input must match ^a, but does not'],
    [{ properties: { a: false } }, { a: 1 }, '`a` of the input must be left out, but is there'],
    [{ enum: ['up', 'down'] }, 'left', 'the input must be one of "up", "down", but is "left"'],
    [{ const: { a: [1] } }, { a: [2] }, 'the input must be {"a":[1]}, but is an object'],
    [{ minimum: 1 }, 0, 'the input must be at least 1, but is 0'],
    [{ maximum: 1 }, 2, 'the input must be at most 1, but is 2'],
    [{ exclusiveMinimum: 1 }, 1, 'the input must be more than 1, but is 1'],
    [{ exclusiveMaximum: 1 }, 1, 'the input must be less than 1, but is 1'],
    [{ minItems: 2 }, [1], 'the input must have 2 items or more, but has 1'],
    [{ maxItems: 0 }, [1], 'the input must have 0 items at most, but has 1'],
    [{ maxLength: 1 }, 'ab', 'the input must have 1 character at most, but has 2'],
    [{ allOf: [{ type: 'number' }, { minimum: 3 }] }, 2, 'the input must be at least 3, but is 2'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 2, 'the input must be a string or be null, but is a number'],
    [{ anyOf: [STEP, { type: 'null' }] }, {}, '`name` of the input must be a string, but is missing'],
    [{ oneOf: [{ type: 'number' }, { minimum: 3 }] }, 5, 'the input must be of one form only, but is of 2'],
    [
      { anyOf: ['a', 'b'].map((kind) => ({ properties: { kind: { const: kind } } })) },
      { kind: 'c' },
      'the input must be of one of 2 forms, but is of none: `kind` must be "a", but is "c"; `kind` must be "b", but is "c"',
    ],
  ]) {
    check(schema, value, said);
  }
});

test('what fits is let through', () => {
  for (const [schema, value] of [
    [{}, null],
    [{ type: 'integer' }, 2],
    [{ type: ['object', 'null'], additionalProperties: false }, null],
    // Limits are for values of their type.
    [{ minimum: 3, minLength: 3, minItems: 3, pattern: 'x', required: ['a'] }, true],
    [{ maxLength: 1 }, '😀'],
    [{ enum: [{ a: 1, b: null }] }, { b: null, a: 1 }],
    [{ required: ['toString'] }, JSON.parse('{"toString":1}')],
    [{ oneOf: [{ type: 'string' }, { type: 'null' }] }, 'x'],
    [{ type: 'string', format: 'uri', title: 't', 'x-order': 1 }, 'no uri'],
  ]) {
    check(schema, value);
  }
  check({ required: ['toString'] }, {}, '`toString` of the input must be given, but is missing');
});

test('names that a caller chooses are cut', () => {
  assert.throws(() => checked('input', { additionalProperties: false }, { ['x'.repeat(9_999)]: 1 }), ({ message }) => message.length < 200);
});

test('each keyword that is checked has to be well written', () => {
  for (const keyword of Object.keys(KEYWORDS).filter((word) => word !== 'const')) {
    const [said, ...more] = problems({ [keyword]: () => 'wrong' }, 'x');
    assert.match(said, new RegExp(`^x\\.${keyword} must be`));
    assert.deepEqual(more, []);
  }
  assert.match(problems({ items: { not: {} } }, 'x')[0], /^x\.items\.not: inputs are not checked against "not"/);
});

const GREET = {
  summary: 'Greets.',
  input: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string' },
      options: { type: 'object', default: {}, properties: { times: { type: 'integer', default: 1 } } },
    },
  },
};
const demo = (body) => plugin({ name: 'demo', version: '0.1.0', summary: 'x', ...body });
const refusal = (call) => {
  try {
    call();
  } catch (err) {
    return `${err.payload?.code}: ${err.payload?.message}`;
  }
  return assert.fail('it was taken');
};

test('an action is called with what fits only, with the defaults of its schema', () => {
  const calls = [];
  const start = (input) => void calls.push(input);
  const { actions } = demo({ actions: { greet: action({ ...GREET, start }), free: { summary: 'x', start } } });
  const made = component(demo({ actions }));
  const said = (name, text) => refusal(() => made.action.start(name, text));
  assert.equal(said('greet', '{}'), 'invalid: `name` of the input must be a string, but is missing');
  assert.equal(said('greet', 'null'), 'invalid: the input must be an object, but is null');
  assert.equal(said('greet', '{"name":"a","options":{"times":"x"}}'), 'invalid: `options.times` of the input must be an integer, but is a string');
  assert.match(said('greet', '{"no'), /^invalid: failed to read the input of the action: .*[^.]$/);
  assert.equal(said('free', '"x"'), 'invalid: the input must be an object, but is a string');
  made.action.start('greet', '{"name":"a"}');
  made.action.start('free', 'null');
  // In tests of an author, too.
  const given = { name: 'b' };
  actions.greet.start(given);
  assert.throws(() => actions.greet.start({ name: 1 }), TenonError);
  const options = { times: 1 };
  assert.deepEqual(calls, [{ name: 'a', options }, {}, { name: 'b', options }]);
  assert.deepEqual(given, { name: 'b' });
});

test('source, params and version of a resource are checked', () => {
  const calls = [];
  const call = (request) => void calls.push(request);
  const made = component(demo({
    resource: {
      name: 'r', summary: 'x', check: call, get: call, put: call,
      source: { type: 'object', required: ['url'], properties: { url: { type: 'string' }, deep: { type: 'boolean', default: false } } },
      getParams: { type: 'object', properties: { depth: { type: 'integer', default: 1 } } },
      putParams: { type: ['object', 'null'] },
      version: STEP,
    },
  }));
  const said = (name, request) => refusal(() => made.resource[name](JSON.stringify(request)));
  const source = { url: 'u' };
  assert.equal(said('check', {}), 'invalid: `url` of the source must be a string, but is missing');
  assert.equal(said('check', { source: 'x' }), 'invalid: the source must be an object, but is a string');
  assert.equal(said('get', { source, params: { depth: 'x' } }), 'invalid: `depth` of the params must be an integer, but is a string');
  assert.equal(said('put', { source, version: {} }), 'invalid: `name` of the version must be a string, but is missing');
  assert.equal(said('put', []), 'invalid: the resource request must be an object, but is an array');
  made.resource.check(JSON.stringify({ source, params: null, version: null }));
  made.resource.get(JSON.stringify({ source, params: null, version: { name: 'n' } }));
  made.resource.put(JSON.stringify({ source, params: null }));
  const full = { url: 'u', deep: false };
  assert.deepEqual(calls, [
    { source: full, params: null, version: null },
    { source: full, params: { depth: 1 }, version: { name: 'n' } },
    { source: full, params: null },
  ]);
});

test('what the kernel sends is an object, whatever is called', () => {
  const made = component(demo({
    launcher: { start: () => 1, resume: () => 1, cancel: () => 1 },
    notifier: { send: () => 1 },
    gateway: { path: '/x', handle: () => ({ head: {} }) },
  }));
  for (const text of ['null', '3', '[]', '{"no']) {
    assert.match(refusal(() => made.launcher.start(text)), /^invalid: /);
    assert.match(refusal(() => made.notifier.send(text)), /^invalid: /);
    assert.match(refusal(() => made.gateway.handle(text, new Uint8Array())), /^invalid: /);
  }
});

test('functions keep the object that they belong to', () => {
  class Greet {
    #name = 'ada';
    summary = 'x';
    input = {};
    start() {
      return this.#name;
    }
    resume() {
      return this.#name;
    }
  }
  const { actions } = demo({ actions: { greet: new Greet() } });
  assert.deepEqual([actions.greet.start({}), actions.greet.resume()], ['ada', 'ada']);
});

test('an answer that comes later is an error of every kind', () => {
  const made = component(demo({ notifier: { send: async () => ({}) }, selftest: async () => {} }));
  assert.match(refusal(() => made.notifier.send('{}')), /^internal: the plugin returned a promise/);
  assert.match(refusal(() => made.selftest.check()), /^internal: the plugin returned a promise/);
});
