//! What authors of Tenon plugins use: a trait per kind, typed envelopes, and the capabilities.
//!
//! A plugin implements the trait of its kind ([`Launcher`], [`Resource`], [`Action`], [`Language`],
//! [`Secrets`], [`Cache`], [`Model`], [`Identity`], [`Webhook`], [`Notifier`] or [`Gateway`]), exports
//! it with the macro of the same name, and describes itself with [`manifest!`]. It is a library of
//! the type `cdylib`, built for `wasm32-wasip2`. The README shows a whole one.
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

mod answer;
pub mod base64;
pub mod blob;
pub mod config;
pub mod context;
pub mod duration;
mod error;
mod event;
mod export;
pub mod http;
pub mod kernel;
pub mod keyring;
pub mod kv;
pub mod lifecycle;
pub mod log;
mod machine;
mod manifest;
pub mod output;
pub mod process;
pub mod secret;
mod step;
pub mod tcp;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod workspace;

pub mod action;
pub mod cache;
pub mod gateway;
pub mod identity;
pub mod language;
pub mod launcher;
pub mod model;
pub mod notifier;
pub mod resource;
pub mod secrets;
pub mod webhook;

pub use schemars;
pub use serde;
pub use serde_json;
pub use wit_envelope as envelope;

pub use crate::action::Action;
pub use crate::cache::Cache;
pub use crate::config::config;
pub use crate::error::{Error, Result};
pub use crate::event::Event;
pub use crate::gateway::Gateway;
pub use crate::identity::Identity;
pub use crate::language::Language;
pub use crate::launcher::Launcher;
pub use crate::lifecycle::{Migration, Selftest};
pub use crate::model::Model;
pub use crate::notifier::Notifier;
pub use crate::process::Command;
pub use crate::resource::Resource;
pub use crate::secrets::Secrets;
pub use crate::step::Step;
pub use crate::webhook::Webhook;
pub use crate::workspace::Volume;

/// The examples of the README are compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
