//! Pipelines in Concourse-style YAML.
//!
//! `compile` reads a source and says all that is wrong with it at once; `drive` takes the events
//! of a run and answers with what is to be done.
//!
//! Invariants:
//! - Both are pure: the same arguments give the same answers, so a journal can be replayed.
//! - `drive` never reads YAML of the pipeline again; a task's own file it reads once.

pub mod compile;
pub mod diagnostic;
mod document;
pub mod drive;
mod fields;
mod guest;
mod program;
mod quantity;
mod template;
mod text;
mod vars;
mod work;

pub use compile::{Compilation, compile};
pub use drive::drive;
