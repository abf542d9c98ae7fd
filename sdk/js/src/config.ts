// What the operator configured for this binding.

import * as host from 'tenon:plugin/config';

import type { FromSchema, Schema } from './schema.js';

/**
 * Reads the configuration, which the kernel has checked against the plugin's schema.
 *
 * Give it the schema (`config(SCHEMA)`) to have the type and the schema's defaults of the
 * outermost properties, or a type (`config<Config>()`).
 */
export function config<const S extends Schema>(schema: S): FromSchema<S>;
export function config<T = Record<string, unknown>>(): T;
export function config(schema?: Schema): unknown {
  const found = JSON.parse(host.get()) as Record<string, unknown>;
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    if (found[name] === undefined && property.default !== undefined) {
      found[name] = structuredClone(property.default);
    }
  }
  return found;
}
