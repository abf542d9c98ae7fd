// What is wrong with the JSON Schemas that the SDK checks inputs against.
//
// Invariant: a keyword that passes here is checked (`src/check.ts`) or says nothing about values.
import { KEYWORDS, TYPE_WORDS, isObject, kind, miss } from '../../dist/check.js';
import { hint } from './nearest.js';

/** Keywords for people and tools, which refuse nothing. */
const REMARKS = [
  '$comment', '$id', '$schema', 'contentEncoding', 'contentMediaType', 'default', 'deprecated',
  'description', 'examples', 'format', 'readOnly', 'title', 'writeOnly',
];
/** Keywords of JSON Schema that nobody would mean by another one. */
const UNCHECKED = [
  '$anchor', '$defs', '$dynamicAnchor', '$dynamicRef', '$ref', 'contains', 'definitions',
  'dependentRequired', 'dependentSchemas', 'else', 'if', 'maxContains', 'maxProperties', 'minContains',
  'minProperties', 'multipleOf', 'not', 'patternProperties', 'prefixItems', 'then',
  'unevaluatedItems', 'unevaluatedProperties', 'uniqueItems',
];

const count = (value) => Number.isInteger(value) && value >= 0;
const number = (value) => typeof value === 'number';
const texts = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const word = (value) => [value].flat().length > 0 && [value].flat().every((item) => TYPE_WORDS.includes(item));

/** What a keyword must be, where that is no schema. */
const VALUES = {
  type: { is: word, must: `${TYPE_WORDS.join(', ')}, or a list of them` },
  enum: { is: (value) => Array.isArray(value) && value.length > 0, must: 'a list of values' },
  required: { is: texts, must: 'a list of names' },
  pattern: { is: isPattern, must: 'a regular expression' },
  minItems: { is: count, must: 'a count' },
  maxItems: { is: count, must: 'a count' },
  minLength: { is: count, must: 'a count' },
  maxLength: { is: count, must: 'a count' },
  minimum: { is: number, must: 'a number' },
  maximum: { is: number, must: 'a number' },
  exclusiveMinimum: { is: number, must: 'a number' },
  exclusiveMaximum: { is: number, must: 'a number' },
};

/** Names what is wrong with a schema, sentence by sentence. */
export function problems(schema, place) {
  if (typeof schema === 'boolean') return [];
  if (!isObject(schema)) return [`${place} must be a JSON Schema, an object, but is ${kind(schema)}`];
  const found = Object.entries(schema).flatMap(([keyword, value]) => keywordProblems(keyword, value, place));
  if (found.length > 0 || schema.default === undefined) return found;
  const wrong = miss(schema, structuredClone(schema.default));
  if (!wrong) return [];
  return [`${place}.default${wrong.path && `.${wrong.path}`} must ${wrong.must}, but ${wrong.but}`];
}

function keywordProblems(keyword, value, place) {
  const here = `${place}.${keyword}`;
  if (value === undefined || REMARKS.includes(keyword) || keyword.startsWith('x-')) return [];
  if (UNCHECKED.includes(keyword)) {
    return [`${here}: inputs are not checked against "${keyword}"; leave it out, and check that in the function`];
  }
  if (!Object.hasOwn(KEYWORDS, keyword)) {
    const known = [...Object.keys(KEYWORDS), ...REMARKS];
    return [`${place}: there is no keyword ${JSON.stringify(keyword)}; ${hint(keyword, known)}`];
  }
  switch (keyword) {
    case 'properties':
      if (!isObject(value)) return [`${here} must be an object of schemas, but is ${kind(value)}`];
      return Object.entries(value).flatMap(([name, inner]) => problems(inner, `${here}.${name}`));
    case 'items':
    case 'additionalProperties':
    case 'propertyNames':
      return problems(value, here);
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      if (!Array.isArray(value) || value.length === 0) return [`${here} must be a list of schemas`];
      return value.flatMap((inner, at) => problems(inner, `${here}[${at}]`));
    default: {
      const expected = VALUES[keyword];
      return !expected || expected.is(value) ? [] : [`${here} must be ${expected.must}, but is ${JSON.stringify(value)}`];
    }
  }
}

function isPattern(value) {
  try {
    return typeof value === 'string' && Boolean(new RegExp(value, 'u'));
  } catch {
    return false;
  }
}
