//! The traits that the outside implements, and the plain data that crosses them.
//!
//! Invariants:
//! - No driver, no SQL, no engine: nothing here says how a port is implemented.
//! - A method of a store is one transaction. It is durable when it returns.
//! - The store does not judge: what a run may do is decided by `kernel-model`.

pub mod access;
pub mod api;
pub mod app;
pub mod artifact;
pub mod audit;
pub mod bucket;
pub mod clock;
pub mod egress;
pub mod fetch;
pub mod keyring;
pub mod kv;
pub mod log;
pub mod login;
pub mod package;
pub mod pipeline;
pub mod plugin;
pub mod plugin_admin;
pub mod plugin_store;
pub mod process;
pub mod project;
pub mod run;
pub mod secret;
pub mod store;
pub mod stored;
pub mod volume;
pub mod workspace;
