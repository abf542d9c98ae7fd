//! The words for where things stand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Accepted, not begun.
    Queued,
    Running,
    /// Nothing is in progress; the run waits for a time or an answer.
    Waiting,
    Succeeded,
    /// The work said no.
    Failed,
    /// The machinery broke.
    Errored,
    TimedOut,
    Cancelled,
    Skipped,
}

/// Where a group or step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Its newest attempt has not begun.
    Pending,
    Running,
    Succeeded,
    Failed,
    Errored,
    TimedOut,
    Cancelled,
    Skipped,
}

/// Where an attempt stands, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptStatus {
    Pending,
    /// It has a slot and is about to begin.
    Assigned,
    Running,
    Succeeded,
    Failed,
    Errored,
    TimedOut,
    Cancelled,
    /// Contact was lost; the work may have happened or not.
    Abandoned,
    Skipped,
    /// An earlier result was taken.
    Cached,
    /// A newer attempt with the same key runs instead.
    Deferred,
    /// It goes on in a new attempt at a later time.
    Suspended,
    /// It is done for now, and runs again at a later time.
    Recurred,
    /// Another run gives the result.
    Spawned,
}

/// Why an attempt exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptReason {
    First,
    /// The one before did not succeed, and another was allowed.
    Retried,
    /// The one before suspended itself.
    Suspended,
    /// The one before asked to be run again.
    Recurred,
}

impl RunStatus {
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Running,
        Self::Waiting,
        Self::Succeeded,
        Self::Failed,
        Self::Errored,
        Self::TimedOut,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// Returns the word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Returns the status that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Returns whether nothing more will happen.
    #[must_use]
    pub fn is_end(self) -> bool {
        match self {
            Self::Queued | Self::Running | Self::Waiting => false,
            Self::Succeeded
            | Self::Failed
            | Self::Errored
            | Self::TimedOut
            | Self::Cancelled
            | Self::Skipped => true,
        }
    }
}

impl StepStatus {
    /// Returns the word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::TimedOut => "timed-out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Returns whether nothing more will happen.
    #[must_use]
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

#[cfg(test)]
mod tests;
