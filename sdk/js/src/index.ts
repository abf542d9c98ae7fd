// What authors of Tenon plugins use. A capability is a module of its own, such as
// `@tenon/sdk/http`: what a plugin imports is what it asks its operator for.

export { CODES, TenonError, type Code, type Extra } from './error.js';
export type { Event, ProcessEnded } from './event.js';
export {
  action, plugin,
  type Action, type Diagnostic, type Gateway, type Language, type LaunchSpec, type Launcher,
  type Plan, type Plugin, type Request, type Resource, type ResourceRequest, type Service,
} from './plugin.js';
export type { FromSchema, Schema } from './schema.js';
export { errored, failed, refused, succeeded, wait, type Outcome, type Step } from './step.js';
