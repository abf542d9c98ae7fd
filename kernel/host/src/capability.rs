//! What plugins may use of the host: one file per interface of the contract.
//!
//! Each is a host trait on the state of the call. An interface that is not granted is never linked
//! to these; what a grant says about parameters is checked here.

#![expect(unreachable_pub, reason = "generated bindings re-export the resources as public")]

mod blob;
mod config;
mod context;
mod http;
mod kernel;
mod keyring;
mod kv;
mod log;
mod output;
mod process;
mod secret;
pub(crate) mod tcp;
mod workspace;

pub use blob::{Bucket, Upload};
pub use http::{Request, Response};
pub use process::Command;
pub use secret::Secret;
pub use tcp::Connection;
pub use workspace::Volume;
