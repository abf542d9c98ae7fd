//! The command line: speaks HTTP with a server, or with the same engine inside this process.
//!
//! Invariants:
//! - No store, no scheduler, no plugin host: everything that a server does goes through [`api::Api`].
//! - What authors of plugins do ([`author`]) needs no server.
//! - Whatever is printed for people can be had as JSON with `--output json`.

pub mod api;
pub mod args;
pub mod author;
pub mod command;
pub mod exit;
pub mod follow;
mod from_wire;
pub mod interrupt;
pub mod login;
pub mod out;
pub mod show;
mod source;

/// Prints something that an operator must see, whatever else is printed and logged.
pub fn notice(text: &str) {
    // Nobody reads: then there is nobody to tell.
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), text.as_bytes());
}
