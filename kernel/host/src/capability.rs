//! What plugins may use of the host: one file per interface of the contract.
//!
//! Each is a host trait on the state of the call. An interface that is not granted is never linked
//! to these; what a grant says about parameters is checked here.

#![expect(unreachable_pub, reason = "generated bindings re-export the resources as public")]

mod config;
mod context;
mod http;
mod keyring;
mod kv;
mod log;
mod output;
mod process;
mod secret;
mod workspace;

pub use http::{Request, Response};
pub use process::Command;
pub use secret::Secret;
pub use workspace::Volume;
