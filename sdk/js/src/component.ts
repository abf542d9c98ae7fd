// Between the contract's functions and those of a plugin: text and bytes there, values here.

import type { WitEvent, WitStep } from './contract.js';
import { TenonError, thrown } from './error.js';
import { read } from './event.js';
import { checking, object } from './inputs.js';
import { SERVICES, type Plugin, type Waiting } from './plugin.js';
import { Done, Wait, succeeded } from './step.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What the kernel keeps of a step machine between two calls. */
const STATE_BYTES_MAX = 256 * 1024;

/** Returns the objects that the component exports, by kind. */
export function component(made: Plugin): Record<string, object> {
  const plugin = checking(made);
  const exports: Record<string, object> = {};
  if (plugin.language) exports.language = language(plugin.language);
  if (plugin.launcher) {
    const { launcher } = plugin;
    exports.launcher = machine(launcher, {
      start: (spec: string) => launcher.start(envelope('launch spec', spec)),
    });
  }
  if (plugin.resource) {
    const { resource } = plugin;
    exports.resource = machine(resource, {
      check: (request: string) => resource.check(envelope('resource request', request)),
      get: (request: string) => resource.get(envelope('resource request', request)),
      put: (request: string) => resource.put(envelope('resource request', request)),
    });
  }
  if (plugin.actions) exports.action = actions(plugin.actions);
  for (const kind of SERVICES) {
    const service = plugin[kind];
    if (service) exports[kind] = answering(kind, service);
  }
  if (plugin.gateway) exports.gateway = gateway(plugin.gateway);
  const { selftest, migrate } = plugin;
  if (selftest) exports.selftest = { check: () => guarded(() => void now(selftest.call(plugin))) };
  if (migrate) {
    exports.migration = {
      migrate: (from: number, state: Uint8Array) =>
        guarded(() => encoder.encode(JSON.stringify(now(migrate.call(plugin, from, value(state)))))),
    };
  }
  return exports;
}

type Machine = Record<string, (...values: any[]) => unknown>;

/** A step machine in the words of the contract. */
function machine(plugin: Waiting, starts: Machine): object {
  const calls: Machine = {
    resume: (bytes: Uint8Array, event: WitEvent) => {
      const happened = read(event);
      if (happened === undefined) return same(bytes);
      if (!plugin.resume) throw new TenonError('internal', 'this plugin waits for nothing');
      return plugin.resume(value(bytes), happened);
    },
    cancel: (bytes: Uint8Array, graceMs: bigint) => {
      if (!plugin.cancel) throw new TenonError('cancelled', 'the work was cancelled');
      return plugin.cancel(value(bytes), Number(graceMs));
    },
  };
  const all = Object.entries({ ...starts, ...calls });
  return Object.fromEntries(
    all.map(([name, call]) => [name, (...values: any[]) => guarded(() => step(call(...values)))]),
  );
}

/** Actions are one machine; its state remembers which function waits. */
function actions(actions: NonNullable<Plugin['actions']>): object {
  const find = (name: string) => {
    if (Object.hasOwn(actions, name)) return actions[name]!;
    const known = Object.keys(actions).join(', ');
    throw new TenonError('not-found', `there is no function ${JSON.stringify(name)}; there are: ${known}`);
  };
  const named = (name: string, answer: unknown) =>
    answer instanceof Wait ? new Wait({ name, state: answer.state }, answer.wakeAfterMs) : answer;
  return machine(
    {
      resume({ name, state }, event) {
        const { resume } = find(name);
        if (!resume) throw new TenonError('internal', `the function ${name} waits for nothing`);
        return named(name, resume.call(actions[name], state, event));
      },
      cancel({ name, state }, graceMs) {
        const { cancel } = find(name);
        if (!cancel) throw new TenonError('cancelled', `the function ${name} was cancelled`);
        return named(name, cancel.call(actions[name], state, graceMs));
      },
    },
    {
      start: (name: string, input: string) =>
        named(name, find(name).start(argument('input of the action', input))),
    },
  );
}

function language(plugin: NonNullable<Plugin['language']>): object {
  return {
    compile: (request: string) =>
      guarded(() => {
        const { plan, diagnostics = [] } = now(plugin.compile(envelope('compile request', request)));
        return {
          plan: plan && JSON.stringify(plan),
          diagnostics: diagnostics.map((remark) => ({ line: 0, column: 0, hint: undefined, ...remark })),
        };
      }),
    drive: (program: string, bytes: Uint8Array, events: string) =>
      guarded(() => {
        const before = bytes.length === 0 ? undefined : value(bytes);
        const { state, commands } = now(plugin.drive(program, before, argument('events of the run', events)));
        return { state: encoder.encode(JSON.stringify(state)), commands: JSON.stringify(commands) };
      }),
  };
}

/** A kind whose functions all take and give one envelope. */
function answering(kind: string, service: Record<string, (request: any) => unknown>): object {
  // The engine asks for each function of the kind; those that the plugin lacks are `unsupported`.
  return new Proxy({}, {
    has: () => true,
    get: (_, name) => (request: string) =>
      guarded(() => {
        const call = Object.hasOwn(service, name) ? service[name as string] : undefined;
        if (!call) throw new TenonError('unsupported', `this plugin cannot ${kind}.${String(name)}`);
        return JSON.stringify(now(call.call(service, envelope('request', request))) ?? {});
      }),
  });
}

function gateway(plugin: NonNullable<Plugin['gateway']>): object {
  return {
    handle: (head: string, body: Uint8Array) =>
      guarded(() => {
        const answer = now(plugin.handle(envelope('request', head), body));
        const bytes = typeof answer.body === 'string' ? encoder.encode(answer.body) : answer.body;
        return { head: JSON.stringify(answer.head), body: bytes ?? new Uint8Array() };
      }),
  };
}

/** Writes an answer in the words of the contract. What is no step is the output of a success. */
function step(answer: unknown): WitStep {
  if (answer instanceof Raw) return answer.step;
  now(answer, 'wait(state)');
  if (answer instanceof Wait) {
    const state = encoder.encode(JSON.stringify(answer.state ?? null));
    if (state.length > STATE_BYTES_MAX) {
      const message = `the state has ${state.length} bytes, more than the ${STATE_BYTES_MAX} that are kept`;
      throw new TenonError('limit', message);
    }
    const { wakeAfterMs: ms } = answer;
    return { done: undefined, state, wakeAfterMs: ms === undefined ? undefined : BigInt(Math.ceil(ms)) };
  }
  const { outcome } = answer instanceof Done ? answer : succeeded(answer);
  return { done: JSON.stringify(outcome), state: new Uint8Array(), wakeAfterMs: undefined };
}

/** An answer that is in the words of the contract already. */
class Raw {
  constructor(readonly step: WitStep) {}
}

function same(state: Uint8Array): Raw {
  return new Raw({ done: undefined, state, wakeAfterMs: undefined });
}

/** Returns what a function gave, which can be nothing that comes later. */
function now<T>(answer: T, instead = 'the answer'): T {
  if (!(answer instanceof Promise)) return answer;
  const message = `the plugin returned a promise, but calls cannot wait: return ${instead} instead`;
  throw new TenonError('internal', message);
}

/** Reads an argument that is an object of the contract. */
function envelope(what: string, text: string): any {
  return object(what, argument(what, text));
}

function argument(what: string, text: string): any {
  try {
    return JSON.parse(text);
  } catch (err) {
    throw new TenonError('invalid', `failed to read the ${what}: ${(err as Error).message}`);
  }
}

function value(bytes: Uint8Array): any {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (err) {
    const reason = (err as Error).message;
    const message = `failed to read back the state, which another version of the plugin may have written: ${reason}`;
    throw new TenonError('internal', message);
  }
}

/** Calls a plugin; whatever it throws becomes an error of the contract. */
function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (problem) {
    throw thrown(problem);
  }
}
