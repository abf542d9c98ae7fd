// Between a caller and a plugin's functions: what their schemas refuse never reaches them.

import { checked, isObject, miss } from './check.js';
import type { Action, Plugin, Resource, ResourceRequest } from './plugin.js';
import type { Schema } from './schema.js';

/** The plugins that check their inputs already. */
const CHECKING = new WeakSet<Plugin>();

/**
 * Returns the plugin with actions and a resource that check what they are given, in the component
 * as in tests. What is no function or no object is left as it is: the build names it.
 */
export function checking(plugin: Plugin): Plugin {
  if (!isObject(plugin) || CHECKING.has(plugin)) return plugin;
  const made = { ...plugin };
  const { actions, resource } = plugin;
  if (isObject(actions)) {
    const all = Object.entries(actions).map(([name, action]) => [
      name,
      isObject(action) ? checkedAction(action as Action) : action,
    ]);
    made.actions = Object.fromEntries(all);
  }
  if (isObject(resource)) made.resource = checkedResource(resource);
  CHECKING.add(made);
  return made;
}

function checkedAction(action: Action): Action {
  return around(action, {
    start: (input: unknown = {}) => {
      const { input: schema } = action;
      // A pipeline that gives nothing to an action that says nothing of its input gives null.
      if (schema === undefined) return [object('input', input ?? {})];
      return [checked('input', schema, copy(input))];
    },
  });
}

function checkedResource(resource: Resource): Resource {
  const asked = (params: 'getParams' | 'putParams' | undefined) => (request = {} as ResourceRequest) => {
    const given = { ...object('resource request', request) };
    const { source, version } = resource;
    const schema = params && resource[params];
    if (source) given.source = checked('source', source, orEmpty(source, given.source));
    if (schema) given.params = checked('params', schema, orEmpty(schema, given.params));
    if (version && given.version != null) given.version = checked('version', version, copy(given.version));
    return [given];
  };
  return around(resource, { check: asked(undefined), get: asked('getParams'), put: asked('putParams') });
}

/** Returns `value` if it is an object, which all that the kernel sends is. */
export function object<T>(what: string, value: T): T {
  return checked(what, { type: 'object' }, value);
}

/** Returns a machine whose functions get what `given` makes of their argument. */
function around<T extends object>(machine: T, given: Record<string, (value: any) => unknown[]>): T {
  const functions = machine as Record<string, unknown>;
  const made = Object.assign(Object.create(Object.getPrototypeOf(machine)), machine);
  for (const name of [...Object.keys(given), 'resume', 'cancel']) {
    const call = functions[name];
    if (typeof call !== 'function') continue;
    made[name] = (...values: unknown[]) => {
      const check = given[name];
      // `this` is what the author wrote, whose private fields no copy has.
      return call.apply(machine, check ? check(values[0]) : values);
    };
  }
  return made;
}

/** Nothing is the same as an empty object, unless the schema knows a difference. */
function orEmpty(schema: Schema, value: unknown): any {
  const isNothing = value === undefined || value === null;
  return isNothing && miss(schema, null) !== undefined ? {} : copy(value ?? null);
}

/** Returns a value as the wire carries it; checking it fills in defaults. */
function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
