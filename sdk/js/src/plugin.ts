// What a plugin is: one object, from which the SDK makes the manifest and the exports.

import type { Event } from './event.js';
import { checking } from './inputs.js';
import type { FromSchema, Schema } from './schema.js';
import type { Step } from './step.js';

/** What a plugin wants of one capability, and why. */
export interface Request {
  /** `blob`, `http`, `kernel`, `keyring`, `kv`, `output`, `process`, `secret-reveal`, `secret-store`, `tcp` or `workspace`. */
  capability: string;
  /** What of it: `git` of process, `GET api.example.com` of http, `65536` bytes of kv. Some have no parts. */
  parameters?: string[];
  /** For the operator who decides. */
  reason: string;
}

/** A step machine that may wait. */
export interface Waiting<S = any> {
  /** Answers what happened. Needed by what waits. */
  resume?(state: S, event: Event): Step<S> | unknown;
  /** Asks the work to end. The kernel ends it by force after `graceMs`. */
  cancel?(state: S, graceMs: number): Step<S> | unknown;
}

/** A typed function, JSON in and out. See {@link action}. */
export interface Action<I = any, S = any> extends Waiting<S> {
  summary: string;
  /** JSON Schemas. What `input` refuses is answered by `invalid`, and never gets to `start`. */
  input?: Schema;
  output?: Schema;
  /** Returns the output, or a step such as `wait(…)` or `failed(…)`. */
  start(input: I): Step<S> | unknown;
}

/** What a resource is asked. */
export interface ResourceRequest {
  /** Where the thing is; strings may hold secret references, which are handed on as they are. */
  source: any;
  params: any;
  /** check: the last known version, if any. get: the version to fetch. */
  version: any;
  /** get: the volume to fill. put: the volume that a relative path starts in, if only one. */
  volume?: string | null;
  /** put: what the earlier steps made, by name. */
  inputs: { volume: string; path: string; readOnly: boolean }[];
}

/** Versions of an outside thing. */
export interface Resource<S = any> extends Waiting<S> {
  /** The name in a pipeline's `type:`, such as `git`. */
  name: string;
  summary: string;
  /** JSON Schemas. What they refuse is answered by `invalid`, and never gets to a function. */
  source?: Schema;
  getParams?: Schema;
  putParams?: Schema;
  version?: Schema;
  /** Gives `{ versions: […] }`, from old to new. */
  check(request: ResourceRequest): Step<S> | { versions: unknown[] };
  /** Gives `{ version, metadata: [{ name, value }] }`. */
  get(request: ResourceRequest): Step<S> | unknown;
  put(request: ResourceRequest): Step<S> | unknown;
}

/** A command to run somewhere. */
export interface LaunchSpec {
  command: { path: string; args: string[]; dir?: string; user?: string; nice?: number; rlimits: Record<string, number> };
  env: Record<string, string>;
  mounts: { volume: string; path: string; readOnly: boolean }[];
  image?: { reference: string; kind?: string; source?: unknown };
  limits: { cpu?: number; cpuKind?: string; memoryBytes?: number };
  privileged: boolean;
  stdin?: string;
  captureBytes: number;
  platform?: string;
}

/** Runs commands somewhere. Its outcome's output is `{ code, signal?, stdout?, stderr? }`. */
export interface Launcher<S = any> {
  start(spec: LaunchSpec): Step<S> | unknown;
  resume(state: S, event: Event): Step<S> | unknown;
  cancel(state: S, graceMs: number): Step<S> | unknown;
}

/** A remark about a source. Lines and columns count from 1; 0 means the source as a whole. */
export interface Diagnostic {
  severity: 'error' | 'warning';
  /** A stable word, such as `unknown-key`. */
  code: string;
  message: string;
  line?: number;
  column?: number;
  hint?: string;
}

/** What a source means. */
export interface Plan {
  /** For `drive`; the kernel does not look inside. */
  program: string;
  jobs?: { name: string; needs?: string[] }[];
  polls?: unknown[];
  openVars?: string[];
}

/** Reads sources, and decides what follows from the results of their steps. Deterministic. */
export interface Language<S = any> {
  /** File names that it takes by default, such as `*.yml`. */
  patterns: string[];
  compile(request: { source: string; fileName: string; vars: Record<string, unknown>; resources: unknown[] }): {
    plan?: Plan;
    diagnostics?: Diagnostic[];
  };
  /** `state` is undefined at first. Returns commands (schema `commands.json`) and the new state. */
  drive(program: string, state: S | undefined, events: any[]): { state: S; commands: object[] };
}

/** A kind that answers at once: each function takes an envelope and returns one. */
export type Service = Record<string, (request: any) => unknown>;

/** A protocol on a path. */
export interface Gateway {
  /** Where it would like to be, such as `/mcp`; the operator decides. */
  path: string;
  anonymous?: boolean;
  handle(head: any, body: Uint8Array): { head: object; body?: string | Uint8Array };
}

/** A plugin: what it says of itself, what it asks for, and what it is. */
export interface Plugin {
  /** Such as `action-slug`: lower case, the kind first. */
  name: string;
  /** Semantic version. */
  version: string;
  /** One sentence for people. */
  summary: string;
  /** The oldest Tenon that it works with, such as `0.3.0`. */
  tenon?: string;
  /** What it wants of its capabilities. */
  requests?: Request[];
  /** JSON Schema of its configuration. */
  config?: Schema;
  /** step machines: which version of its state it writes. */
  stateVersion?: number;
  actions?: Record<string, Action>;
  resource?: Resource;
  launcher?: Launcher;
  language?: Language;
  gateway?: Gateway;
  secrets?: Service;
  cache?: Service;
  model?: Service;
  identity?: Service;
  webhook?: Service;
  notifier?: Service;
  /** Fails (throws) when the plugin could not do its work; asked before each activation. */
  selftest?(): void;
  /** Returns `state`, written by schema version `from`, as this version wants it. */
  migrate?(from: number, state: any): unknown;
}

/** The kinds that answer at once. */
export const SERVICES = ['secrets', 'cache', 'model', 'identity', 'webhook', 'notifier'] as const;

/** Says what the plugin is; its value is the default export of the plugin's module. */
export function plugin(plugin: Plugin): Plugin {
  return checking(plugin);
}

/** Says what an action is, so that `start` knows the type of its input by the schema. */
export function action<const I extends Schema, S = any>(
  action: Omit<Action<FromSchema<I>, S>, 'input'> & { input: I },
): Action<any, S> {
  return action as Action<any, S>;
}

/** Returns the kinds that a plugin is. */
export function kinds(plugin: Plugin): string[] {
  const kinds: string[] = [];
  if (plugin.language) kinds.push('language');
  if (plugin.launcher) kinds.push('launcher');
  if (plugin.resource) kinds.push('resource');
  if (plugin.actions) kinds.push('action');
  kinds.push(...SERVICES.filter((kind) => plugin[kind]));
  if (plugin.gateway) kinds.push('gateway');
  return kinds;
}

/** Returns what the component says about itself (schema `manifest.json`). */
export function manifest(plugin: Plugin, contract: string): object {
  const { resource, language, gateway } = plugin;
  return {
    name: plugin.name,
    version: plugin.version,
    summary: plugin.summary,
    contract,
    ...(plugin.tenon !== undefined && { tenon: plugin.tenon }),
    ...(plugin.stateVersion !== undefined && { stateVersion: plugin.stateVersion }),
    requests: plugin.requests ?? [],
    config: plugin.config ?? null,
    ...(language && { patterns: language.patterns }),
    ...(resource && {
      resource: {
        name: resource.name,
        summary: resource.summary,
        source: resource.source ?? null,
        getParams: resource.getParams ?? null,
        putParams: resource.putParams ?? null,
        version: resource.version ?? null,
      },
    }),
    ...(plugin.actions && {
      actions: Object.entries(plugin.actions).map(([name, { summary, input, output }]) => ({
        name,
        summary,
        input: input ?? null,
        output: output ?? null,
      })),
    }),
    ...(gateway && { gateway: { path: gateway.path, anonymous: gateway.anonymous ?? false } }),
  };
}
