//! Commits and tags of git repositories: check, get and put, by the git of the server's machine.
//!
//! An operation is a sequence of git calls. `machine.rs` runs any such sequence; `check.rs`,
//! `get.rs` and `put.rs` say which calls, and what their answers mean.
//!
//! Invariants:
//! - Secrets and URIs travel in the environment only, never in arguments, files of the volume, or
//!   messages.
//! - git never asks a person, and reads no settings of the machine or its user.

mod check;
#[cfg(test)]
mod driver;
mod failure;
mod get;
mod git;
mod machine;
mod put;
mod refs;
mod source;
mod tag;

pub use crate::machine::{Git, State};

tenon_sdk::export_resource!(Git);
tenon_sdk::manifest!("../manifest.json");
