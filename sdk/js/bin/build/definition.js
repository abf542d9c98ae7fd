// What is wrong with what a plugin says of itself: keys that nothing reads, and values of other
// types than those that are read. Names of the contract are not known here but given.
import { isObject, kind } from '../../dist/check.js';
import { SERVICES } from '../../dist/plugin.js';
import { hint } from './nearest.js';
import { problems as schemaProblems } from './schema.js';

const need = (look) => ({ look, needed: true });
const may = (look) => ({ look, needed: false });

const MACHINE = { resume: may(call), cancel: may(call) };
const REQUEST = { capability: need(text), parameters: may(list(text)), reason: may(text) };
const ACTION = { summary: need(text), input: may(checkedSchema), output: may(schema), start: need(call), ...MACHINE };
const RESOURCE = {
  name: need(text),
  summary: need(text),
  source: may(checkedSchema),
  getParams: may(checkedSchema),
  putParams: may(checkedSchema),
  version: may(checkedSchema),
  check: need(call),
  get: need(call),
  put: need(call),
  ...MACHINE,
};
const LAUNCHER = { start: need(call), resume: need(call), cancel: need(call) };
const LANGUAGE = { patterns: need(list(text)), compile: need(call), drive: need(call) };
const GATEWAY = { path: need(text), anonymous: may(yesOrNo), handle: need(call) };
const PLUGIN = {
  name: need(name),
  version: need(version),
  summary: need(text),
  tenon: may(text),
  requests: may(list(object(REQUEST))),
  config: may(schema),
  stateVersion: may(count),
  actions: may(actions),
  resource: may(object(RESOURCE)),
  launcher: may(object(LAUNCHER)),
  language: may(object(LANGUAGE)),
  gateway: may(object(GATEWAY)),
  selftest: may(call),
  migrate: may(call),
};

/** Names all that is wrong, sentence by sentence. `functions` are those of the contract, by kind. */
export function problems(plugin, functions) {
  const services = SERVICES.map((kind) => {
    const known = functions[kind].map((name) => [name, may(call)]);
    return [kind, may(object(Object.fromEntries(known)))];
  });
  return object({ ...PLUGIN, ...Object.fromEntries(services) })(plugin, '');
}

function object(shape) {
  return (value, place) => {
    if (!isObject(value)) return [`${place} must be an object, but is ${kind(value)}`];
    const found = [...unknown(value, shape, place)];
    for (const [key, { look, needed }] of Object.entries(shape)) {
      const here = place === '' ? key : `${place}.${key}`;
      if (value[key] !== undefined) found.push(...look(value[key], here));
      else if (needed) found.push(`${here} is missing`);
    }
    return found;
  };
}

/** Instances of classes may have what they like; in plain objects a key that is not read is a mistake. */
function* unknown(value, shape, place) {
  if (![Object.prototype, null].includes(Object.getPrototypeOf(value))) return;
  const known = Object.keys(shape);
  for (const key of Object.keys(value).filter((key) => !known.includes(key))) {
    const where = place === '' ? 'the plugin' : place;
    yield `${where} has no ${JSON.stringify(key)}; ${hint(key, known)}`;
  }
}

function list(look) {
  return (value, place) => {
    if (!Array.isArray(value)) return [`${place} must be an array, but is ${kind(value)}`];
    return value.flatMap((item, at) => look(item, `${place}[${at}]`));
  };
}

function actions(value, place) {
  if (!isObject(value)) return [`${place} must be an object, but is ${kind(value)}`];
  const all = Object.entries(value);
  if (all.length === 0) return [`${place} is empty: add a function, or leave it out`];
  return all.flatMap(([name, action]) => object(ACTION)(action, `${place}.${name}`));
}

function text(value, place) {
  if (typeof value === 'string' && value !== '') return [];
  return [`${place} must be a text, but is ${value === '' ? 'empty' : kind(value)}`];
}

function call(value, place) {
  return typeof value === 'function' ? [] : [`${place} must be a function, but is ${kind(value)}`];
}

function yesOrNo(value, place) {
  return typeof value === 'boolean' ? [] : [`${place} must be true or false, but is ${kind(value)}`];
}

function count(value, place) {
  return Number.isInteger(value) && value >= 0 ? [] : [`${place} must be a count, but is ${kind(value)}`];
}

/** What inputs are checked against. */
function checkedSchema(value, place) {
  return isObject(value) ? schemaProblems(value, place) : schema(value, place);
}

/** What the kernel or a person reads; the SDK does not check values against it. */
function schema(value, place) {
  return isObject(value) ? [] : [`${place} must be a JSON Schema, an object, but is ${kind(value)}`];
}

function name(value, place) {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(value)) return [];
  return [`${place}: ${JSON.stringify(value)} is no name of a plugin: use lower case, digits and -, such as action-slug`];
}

function version(value, place) {
  if (/^\d+\.\d+\.\d+([-+].+)?$/.test(value)) return [];
  return [`${place}: ${JSON.stringify(value)} is no version of a plugin: write one such as 0.1.0`];
}
