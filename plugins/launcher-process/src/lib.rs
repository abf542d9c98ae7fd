//! Runs commands as processes of the server's machine, without a sandbox.
//!
//! A step sees the volumes it mounts below a private working directory, the environment that its
//! pipeline gives, and `PATH`; not `HOME`, nor anything else of the server's own environment.
//! It can do what the server's user can do: images, privileges and limits of memory and CPU mean
//! nothing here, and are noted in the plugin's log at the level debug.
//!
//! Invariants:
//! - One process per attempt; it does not outlive the attempt.
//! - A process whose server was restarted is abandoned, never adopted.

mod launch;
mod signal;

pub use crate::launch::{Config, Process, Running};

tenon_sdk::export_launcher!(Process);
tenon_sdk::manifest!("../manifest.json");
