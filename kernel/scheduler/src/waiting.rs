//! Why something is not running yet.

use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;

/// The one reason that holds back a queued run or a pending attempt right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// A delay, a backoff or a quiet time.
    Until { at: Time },
    /// All slots are taken.
    Slot { in_use: usize, limit: usize, ahead: usize },
    /// Its concurrency key is taken.
    Key { key: String, limit: u32, holders: Vec<(RunId, StepNo)> },
    /// Nothing here has these tags.
    Tags { missing: Vec<String> },
    /// Too many runs are in progress.
    Runs { position: usize, in_progress: usize, limit: usize },
    /// Its workspace is paused.
    Paused { workspace: WorkspaceName },
    /// The server is stopping; it goes on after the next start.
    Draining,
}
