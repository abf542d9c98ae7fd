//! What authors of Tenon plugins use: a trait per kind, typed envelopes, and the capabilities.
//!
//! A plugin implements [`Launcher`], [`Resource`], [`Action`] or [`Language`], exports it with the
//! macro of the same name, and describes itself with [`manifest!`]. It is a library of the type
//! `cdylib`, built for `wasm32-wasip2`. The README shows a whole one.
//!
//! Invariants:
//! - A plugin that does not touch a capability does not import it: what it imports is what it asks
//!   its operator for.
//! - Nothing lives between two calls but the state that a step hands over.
//! - Built for another target, the capabilities are doubles in [`testing`], so that a plugin's
//!   decisions can be tested by `cargo test`.

#[doc(hidden)]
#[allow(
    unsafe_code,
    missing_docs,
    missing_debug_implementations,
    clippy::all,
    unreachable_pub,
    clippy::use_self,
    clippy::str_to_string,
    reason = "the code is generated"
)]
pub mod bindings;

pub mod config;
pub mod context;
pub mod duration;
mod error;
mod event;
pub mod http;
pub mod kv;
pub mod log;
mod machine;
mod manifest;
pub mod output;
pub mod process;
mod step;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod workspace;

pub mod action;
pub mod language;
pub mod launcher;
pub mod resource;

pub use serde;
pub use serde_json;
pub use wit_envelope as envelope;

pub use crate::action::Action;
pub use crate::error::{Error, Result};
pub use crate::event::Event;
pub use crate::language::Language;
pub use crate::launcher::Launcher;
pub use crate::process::Command;
pub use crate::resource::Resource;
pub use crate::step::Step;
pub use crate::workspace::Volume;

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
