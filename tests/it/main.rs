//! The whole thing from outside, and the architecture as tests.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by panicking, and what it saw by printing"
)]

mod access;
mod author;
mod cli;
mod crash;
mod dependencies;
mod dev;
mod examples;
mod host;
mod identity;
mod keyring;
mod kit;
mod native;
mod oauth;
mod packages;
mod plugin_life;
mod projects;
mod readme;
#[path = "../../kernel/package/tests/it/registry.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod registry;
mod scheduler;
mod secrets;
mod server;
mod server_process;
mod settings;
mod store;
mod tenon;
mod tidy;
mod transport;
mod workspaces;
