//! Decides what runs next, and sees it done through ports.
//!
//! Flow of data: a caller asks [`Scheduler`] for a run. *Intake* admits it when there is room. An
//! *actor* per run in progress applies events to the model, calls the pipeline's language with what
//! happened, turns the commands into more events, and appends all of it to the store in one
//! transaction. *Dispatch* hands out slots to pending attempts. An *attempt* task per slot talks to
//! the step machine and performs its effects, and reports back to the actor with the token of its
//! lease. Timers live in the actors; nothing polls.
//!
//! Invariants:
//! - No database, no engine, no HTTP: everything outside is behind `kernel-ports`.
//! - An effect is performed only after the event that leads to it is stored.
//! - Only a run's actor appends to its history, one append at a time.
//! - Whoever waits for something can be told what for ([`waiting`]).

mod actor;
mod asker;
mod attempt;
mod convert;
mod defers;
mod dispatch;
mod error;
mod intake;
mod near;
mod pipeline;
mod plan;
mod poll;
mod retry;
mod run;
mod scheduler;
mod secret_text;
mod settings;
pub mod waiting;
mod wakes;
mod workspace;

pub use asker::{Asker, behalf};
pub use error::SchedulerError;
pub use pipeline::{PipelineAccepted, PipelineSource};
pub use retry::Again;
pub use run::{RunStart, RunTree};
pub use scheduler::{Parts, Scheduler};
pub use settings::{Feature, Settings};
