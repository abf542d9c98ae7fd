//! What exists and how it may change: ids, runs, steps, attempts, policies.
//!
//! A run is the fold of its events. [`run::Run::on`] is the only way a run changes, live and when
//! history is read back, so a state that could not have come about cannot be loaded either.
//!
//! Invariants:
//! - No I/O, no clock, no randomness, no async, no serde: time and samples come in as arguments.
//! - Every transition function is total: each state answers each event, if only by refusing it.
//! - Nothing here knows how work is done, stored or shown.

pub mod access;
pub mod attempt;
pub mod event;
pub mod id;
pub mod name;
pub mod network;
pub mod outcome;
pub mod retry;
pub mod run;
pub mod selection;
pub mod step;
pub mod time;
pub mod workspace;
