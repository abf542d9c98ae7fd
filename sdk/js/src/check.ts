// Whether a value fits a JSON Schema: of its keywords, those that describe plain data.
//
// Invariants: no keyword refers to another place, so a check ends with the schema; what is no
// keyword here was refused when the plugin was built (`bin/build/schema.js`).

import { TenonError } from './error.js';
import type { Schema } from './schema.js';

/** Where a value does not fit: "`path` must …, but …". */
export interface Miss {
  /** Such as `steps[0].name`; empty for the whole. */
  path: string;
  must: string;
  but: string;
}

interface Place {
  path: string;
  schema: Schema;
  /** Whether properties that are missing get their defaults. */
  fills: boolean;
}

type Check = (limit: any, value: any, place: Place) => Miss | undefined;

/** Names are shown up to this length: a caller chooses them. */
const NAME_LENGTH_MAX = 60;

const TYPES: Record<string, { text: string; is: (value: unknown) => boolean }> = {
  string: { text: 'a string', is: (value) => typeof value === 'string' },
  integer: { text: 'an integer', is: Number.isInteger },
  number: { text: 'a number', is: (value) => typeof value === 'number' },
  boolean: { text: 'true or false', is: (value) => typeof value === 'boolean' },
  null: { text: 'null', is: (value) => value === null },
  array: { text: 'an array', is: Array.isArray },
  object: { text: 'an object', is: isObject },
};

/** The words of the keyword `type`. */
export const TYPE_WORDS = Object.keys(TYPES);

/** What is checked, in this order; a typing error in a name is said before what is missing. */
export const KEYWORDS: Record<string, Check> = {
  type: (types, value, { path }) => {
    const wanted = [types].flat().map((word: string) => TYPES[word]);
    if (wanted.some((type) => type?.is(value))) return undefined;
    return { path, must: `be ${wanted.map((type) => type?.text).join(' or ')}`, but: `is ${kind(value)}` };
  },
  const: (wanted, value, { path }) => one([wanted], value, path),
  enum: (all, value, { path }) => one(all, value, path),
  additionalProperties: (inner, value, { path, schema, fills }) => {
    if (!isObject(value)) return undefined;
    const known = Object.keys(schema.properties ?? {});
    const others = Object.keys(value).filter((name) => !known.includes(name));
    if (inner !== false) return first(others, (name) => miss(inner, value[name], member(path, name), fills));
    if (others.length === 0) return undefined;
    const names = known.map((name) => `\`${name}\``).join(', ');
    return { path, must: known.length === 0 ? 'be empty' : `have only ${names}`, but: `has \`${cut(others[0]!)}\`` };
  },
  propertyNames: (inner, value, { path }) =>
    first(isObject(value) ? Object.keys(value) : [], (name) => miss(inner, name, member(path, name), false)),
  properties: (properties: Record<string, Schema>, value, { path, fills }) => {
    if (!isObject(value)) return undefined;
    return first(Object.entries(properties), ([name, inner]) => {
      const fallback = inner.default;
      if (fills && fallback !== undefined && !Object.hasOwn(value, name)) value[name] = structuredClone(fallback);
      return Object.hasOwn(value, name) ? miss(inner, value[name], member(path, name), fills) : undefined;
    });
  },
  required: (names: string[], value, { path, schema }) => {
    const lacking = isObject(value) && names.find((name) => !Object.hasOwn(value, name));
    if (typeof lacking !== 'string') return undefined;
    const types = [schema.properties?.[lacking]?.type ?? []].flat().map((word) => TYPES[word as string]?.text);
    return { path: member(path, lacking), must: types.length === 0 ? 'be given' : `be ${types.join(' or ')}`, but: 'is missing' };
  },
  items: (inner, value, { path, fills }) =>
    first(Array.isArray(value) ? value.entries() : [], ([at, item]) => miss(inner, item, `${path}[${at}]`, fills)),
  minItems: (min, value, { path }) => few(path, items(value), min, 'item'),
  maxItems: (max, value, { path }) => many(path, items(value), max, 'item'),
  minLength: (min, value, { path }) => few(path, length(value), min, 'character'),
  maxLength: (max, value, { path }) => many(path, length(value), max, 'character'),
  pattern: (pattern, value, { path }) =>
    typeof value === 'string' && !new RegExp(pattern, 'u').test(value) ? { path, must: `match ${pattern}`, but: 'does not' } : undefined,
  minimum: (min, value, { path }) => (value < min ? number(path, value, `at least ${min}`) : undefined),
  maximum: (max, value, { path }) => (value > max ? number(path, value, `at most ${max}`) : undefined),
  exclusiveMinimum: (min, value, { path }) => (value <= min ? number(path, value, `more than ${min}`) : undefined),
  exclusiveMaximum: (max, value, { path }) => (value >= max ? number(path, value, `less than ${max}`) : undefined),
  allOf: (all: Schema[], value, { path }) => first(all, (inner) => miss(inner, value, path, false)),
  anyOf: (any: Schema[], value, { path }) => {
    const misses = any.map((inner) => miss(inner, value, path, false));
    return misses.includes(undefined) ? undefined : none(misses as Miss[], path);
  },
  oneOf: (one: Schema[], value, { path }) => {
    const misses = one.map((inner) => miss(inner, value, path, false));
    const fitting = misses.filter((found) => found === undefined).length;
    if (fitting === 0) return none(misses as Miss[], path);
    return fitting === 1 ? undefined : { path, must: 'be of one form only', but: `is of ${fitting}` };
  },
};

/** Returns `value`, with the defaults of its schema, or throws `invalid`. `what` is such as `input`. */
export function checked<T>(what: string, schema: Schema | undefined, value: T): T {
  const found = miss(schema, value);
  if (found === undefined) return value;
  const subject = found.path === '' ? `the ${what}` : `\`${found.path}\` of the ${what}`;
  throw new TenonError('invalid', `${subject} must ${found.must}, but ${found.but}`);
}

/** Returns where a value does not fit first. */
export function miss(schema: Schema | boolean | undefined, value: unknown, path = '', fills = true): Miss | undefined {
  if (schema === undefined || schema === true) return undefined;
  if (schema === false) return { path, must: 'be left out', but: 'is there' };
  const place = { path, schema, fills };
  return first(Object.entries(KEYWORDS), ([keyword, check]) =>
    Object.hasOwn(schema, keyword) ? check(schema[keyword], value, place) : undefined,
  );
}

/** Returns whether a value is an object of JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says what a value is, for a person. */
export function kind(value: unknown): string {
  const found = Object.entries(TYPES).find(([word, type]) => word !== 'integer' && type.is(value));
  if (typeof value === 'boolean') return `${value}`;
  return found?.[1].text ?? typeof value;
}

function first<T>(all: Iterable<T>, check: (one: T) => Miss | undefined): Miss | undefined {
  for (const each of all) {
    const found = check(each);
    if (found) return found;
  }
  return undefined;
}

/** Says what a value of several forms needs that fits none of them. */
function none(misses: Miss[], path: string): Miss {
  const [inside, ...others] = misses.filter((found) => found.path !== path);
  if (!inside) {
    const musts = new Set(misses.map(({ must }) => must));
    return { path, must: [...musts].join(' or '), but: misses[0]!.but };
  }
  if (others.length === 0) return inside;
  const texts = misses.map((found) => said(found));
  return { path, must: `be of one of ${misses.length} forms`, but: `is of none: ${texts.join('; ')}` };
}

function said({ path, must, but }: Miss): string {
  return `${path === '' ? 'the whole' : `\`${path}\``} must ${must}, but ${but}`;
}

function one(all: unknown[], value: unknown, path: string): Miss | undefined {
  if (all.some((wanted) => same(wanted, value))) return undefined;
  const texts = all.map((wanted) => JSON.stringify(wanted));
  const but = typeof value === 'string' ? `is ${JSON.stringify(cut(value))}` : `is ${kind(value)}`;
  return { path, must: `be ${texts.length > 1 ? 'one of ' : ''}${texts.join(', ')}`, but };
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => same(item, b[at]));
  }
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  );
}

function member(path: string, name: string): string {
  if (!/^[\w$-]+$/.test(name)) return `${path}[${JSON.stringify(cut(name))}]`;
  return path === '' ? cut(name) : `${path}.${cut(name)}`;
}

function number(path: string, value: unknown, must: string): Miss | undefined {
  return typeof value === 'number' ? { path, must: `be ${must}`, but: `is ${value}` } : undefined;
}

function few(path: string, found: number, min: number, noun: string): Miss | undefined {
  return found < min ? { path, must: `have ${plural(min, noun)} or more`, but: `has ${found}` } : undefined;
}

function many(path: string, found: number, max: number, noun: string): Miss | undefined {
  return found > max ? { path, must: `have ${plural(max, noun)} at most`, but: `has ${found}` } : undefined;
}

/** What is no array has neither too few nor too many. */
function items(value: unknown): number {
  return Array.isArray(value) ? value.length : NaN;
}

/** Counts characters as JSON Schema does, which are not the units of a string. */
function length(value: unknown): number {
  return typeof value === 'string' ? [...value].length : NaN;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function cut(name: string): string {
  return name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX)}…` : name;
}
