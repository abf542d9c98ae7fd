//! The JSON shapes of the HTTP API, for the server that writes them and the clients that read them.
//!
//! Names are in camel case, words in kebab case. Times are RFC 3339 in UTC with milliseconds
//! ([`time::Timestamp`]); durations end in `Ms` and count milliseconds; sizes are in bytes.
//! Absent and null are the same thing. Clients ignore fields that they do not know.
//!
//! Invariants:
//! - No model, no scheduler, no HTTP library: only data.
//! - A field is never removed or given another meaning within `/api/v1`.

pub mod access;
pub mod app;
pub mod artifact;
pub mod audit;
pub mod device;
pub mod diagnostic;
pub mod event;
pub mod health;
pub mod log;
pub mod oauth;
pub mod page;
pub mod pipeline;
pub mod plugin;
pub mod plugin_admin;
pub mod problem;
pub mod project;
pub mod run;
pub mod secret;
pub mod status;
pub mod step;
pub mod time;
pub mod workspace;
