//! Our own extractors, so that refusals use our error body too.

mod caller;
mod depth;
mod form;
mod header;
mod json;
mod path;
mod project;
mod query;
mod scoped;
mod site;
mod upload;

pub(crate) use caller::{Told, Who};
pub(crate) use form::{Fields, OauthForm, Submitted};
pub(crate) use header::{Idempotency, IfMatch, LastEventId, Precondition, tag};
pub(crate) use json::{Json, OptionalJson};
pub(crate) use path::{
    ArtifactOf, At, BindingName, Named, PluginName, RuleOf, SecretName, StepOf, StepSelector,
    VersionOf,
};
pub(crate) use project::In;
pub(crate) use query::{Params, invalid, word};
pub(crate) use scoped::Scoped;
pub(crate) use site::{Site, cookie, origin};
pub(crate) use upload::{Sent, Wanted, media_type};
