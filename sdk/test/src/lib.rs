//! Runs a compiled plugin in the real host, inside `cargo test`, without a server.
//!
//! A [`Stage`] is the plugin with doubles around it: recorded HTTP, connections and answers of the
//! server's API, a clock that the test moves, secrets and a keyring of the test, and faults. Blobs
//! and values are kept as in a server, in a folder of the stage. Programs are not started: what a step machine
//! asks for is seen, and the test says how it ended ([`Stage::play`]).
//! [`conform`] checks any component against what the contract says of its kinds.
//!
//! Invariants:
//! - The plugin runs as in a server: same engine, limits, grants and capabilities.
//! - Nothing leaves the machine.

pub mod conform;

mod clock;
mod network;
mod schema;
mod script;
mod seal;
mod server;
mod stage;
mod vault;

pub use clock::TestClock;
pub use conform::conform;
pub use kernel_ports::plugin::{
    CompiledSource, Driven, Effect, MachineInput, MachineStep, PluginError, PluginKind,
};
pub use network::{Dialled, Recorded, SentRequest};
pub use schema::broken_schemas;
pub use stage::{Fault, Stage, StageBuilder, StageError};
