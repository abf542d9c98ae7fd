//! The JSON that crosses the plugin boundary, as Rust types.
//!
//! The contract's WIT carries what must not change as typed values, and what may grow as JSON.
//! These are the shapes of that JSON, for the kernel, the SDK and plugins alike; the published
//! JSON Schemas are generated from them.
//!
//! Invariants:
//! - No behaviour, no I/O, no dependency besides serde.
//! - A field is never removed or given another meaning inside a major version;
//!   a new field has a default. Unknown fields are ignored by readers.

pub mod action;
pub mod cache;
pub mod gateway;
pub mod http;
pub mod identity;
pub mod language;
pub mod launch;
pub mod machine;
pub mod manifest;
pub mod model;
pub mod notifier;
pub mod policy;
pub mod resource;
pub mod secrets;
pub mod webhook;
