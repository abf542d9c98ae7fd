//! The API over a real scheduler and a store in memory; plugins, logs and bytes are small stand-ins.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod access;
mod api;
mod artifact;
mod edge;
mod events;
mod health;
mod logs;
mod memory_bytes;
mod memory_logs;
mod nothing;
mod oauth;
mod permission;
mod pipeline;
mod plugin_admin;
mod project;
mod run;
mod scripted;
mod scripted_admin;
mod shelf;
mod sse;
mod step;
mod stop;
mod workspace;
