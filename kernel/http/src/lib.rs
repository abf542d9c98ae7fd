//! The HTTP API: routes, extractors, errors, streams of events, and its OpenAPI description.
//!
//! A handler parses, makes one call, and converts. Refusals of all kinds are problems (RFC 9457)
//! with a stable code; `error.rs` is the one table from what went wrong to what a client is told.
//!
//! Invariants:
//! - The only crate that names axum, but for the server, which wires it.
//! - Model types are never written as JSON: `to_wire.rs` converts them.
//! - No decision about runs is taken here, and nothing is kept between two requests.

mod access;
mod api;
mod app;
mod artifact;
mod audit;
mod binding;
mod code;
mod device;
mod error;
mod extract;
mod follow;
mod health;
mod html;
mod identity;
mod layer;
mod login;
mod metrics;
mod near;
mod oauth;
mod openapi;
mod page;
mod password;
mod permission;
mod pipeline;
mod plugin;
mod plugin_admin;
mod project;
mod projects;
mod refused;
mod routes;
mod run;
mod run_read;
mod secret;
mod serve;
mod step;
mod to_wire;
mod visitor;
mod workspace;

pub use api::{Api, Behalf, BodyLimits, Config, Cookies, Oauth};
pub use layer::host::Hosts;
pub use layer::project::Addressing;
pub use layer::rate::Rates;
pub use projects::{Project, ProjectError, Projects};
pub use routes::router;
pub use serve::{Serving, Tls, TlsError, serve};
