//! The command line: speaks HTTP with a server, or with the same engine inside this process.
//!
//! Invariants:
//! - No store, no scheduler, no plugin host: everything goes through [`api::Api`].
//! - Whatever is printed for people can be had as JSON with `--output json`.

pub mod api;
pub mod args;
pub mod command;
pub mod exit;
pub mod follow;
mod from_wire;
pub mod interrupt;
pub mod out;
pub mod show;
mod source;
