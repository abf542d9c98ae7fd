//! The whole thing from outside, and the architecture as tests.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod cli;
mod crash;
mod examples;
mod host;
mod server_process;
mod store;
mod tenon;
mod tidy;
