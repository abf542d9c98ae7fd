//! One try of a step.

use std::sync::Arc;

use crate::id::RunId;
use crate::outcome::Outcome;
use crate::time::Time;

/// Text that many may hold: JSON values and messages.
pub type Text = Arc<str>;

/// The right to work on an attempt.
///
/// `token` fences: it rises with each lease of the run, and a report that carries another token
/// than the current one comes from somebody who lost the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub token: u64,
    /// Who holds it: a kernel's boot or a worker's session.
    pub holder: Text,
    /// When it ends unless renewed. `None`: as long as its holder is known to live.
    pub until: Option<Time>,
}

/// Why an attempt exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    First,
    /// The one before did not succeed, and the policy allows another.
    Retried,
    /// The one before suspended itself until a time.
    Suspended,
    /// The one before succeeded and asked to be run again.
    Recurred,
}

/// The end of an attempt. The last five lead to a successor or take somebody else's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptEnd {
    Succeeded {
        value: Text,
    },
    Failed {
        message: Text,
        retryable: bool,
        value: Text,
    },
    Errored {
        message: Text,
        retryable: bool,
    },
    TimedOut,
    Cancelled {
        by: Text,
    },
    /// Contact was lost; the work may have happened or not.
    Abandoned {
        message: Text,
    },
    Skipped,
    /// The result of an earlier success was taken: `value`, first made by `from`.
    Cached {
        from: RunId,
        value: Text,
    },
    /// A newer attempt with the same key runs instead, in the run `to`.
    Deferred {
        to: RunId,
    },
    /// Go on in a new attempt at `until`.
    Suspended {
        until: Time,
    },
    /// Done for now; again at `at`.
    Recurred {
        at: Time,
    },
    /// Another run gives the result.
    Spawned {
        run: RunId,
    },
}

impl AttemptEnd {
    /// Returns the outcome of a step whose last attempt ended so; `None` if a successor decides.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Succeeded { .. } | Self::Cached { .. } => Some(Outcome::Succeeded),
            Self::Failed { .. } => Some(Outcome::Failed),
            Self::Errored { .. } | Self::Abandoned { .. } => Some(Outcome::Errored),
            Self::TimedOut => Some(Outcome::TimedOut),
            Self::Cancelled { .. } => Some(Outcome::Cancelled),
            Self::Skipped | Self::Deferred { .. } => Some(Outcome::Skipped),
            Self::Suspended { .. } | Self::Recurred { .. } | Self::Spawned { .. } => None,
        }
    }

    /// Returns whether an attempt that never had a lease may end so.
    fn needs_no_lease(&self) -> bool {
        match self {
            Self::Cancelled { .. }
            | Self::Cached { .. }
            | Self::Deferred { .. }
            | Self::Skipped
            | Self::Errored { .. } => true,
            Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::TimedOut
            | Self::Abandoned { .. }
            | Self::Suspended { .. }
            | Self::Recurred { .. }
            | Self::Spawned { .. } => false,
        }
    }
}

/// Where an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptState {
    Pending { not_before: Time },
    Assigned { lease: Lease },
    Running { lease: Lease, started_at: Time, cancel_by: Option<Text>, machine: Option<Arc<[u8]>> },
    Ended { end: AttemptEnd },
}

/// What can happen to an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptEvent {
    Assigned {
        lease: Lease,
    },
    Started {
        token: u64,
    },
    /// Its step machine's state between two calls.
    MachineSaved {
        token: u64,
        state: Arc<[u8]>,
    },
    CancelRequested {
        by: Text,
    },
    /// `token` is none only for an attempt that never had a lease.
    Ended {
        token: Option<u64>,
        end: AttemptEnd,
    },
}

/// An event that a state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The report carries the token of a lease that is no longer held.
    Fenced,
    /// The attempt has ended already; the first result stands.
    Ended,
    /// The event makes no sense here: a bug of the caller.
    Illegal,
}

impl AttemptState {
    /// Returns the state after `event` at the time `at`, or why there is none.
    pub fn on(&self, event: &AttemptEvent, at: Time) -> Result<Self, Refusal> {
        use AttemptEvent as E;
        match (self, event) {
            (Self::Pending { .. }, E::Assigned { lease }) => {
                Ok(Self::Assigned { lease: lease.clone() })
            }
            (Self::Pending { .. }, E::Ended { token: None, end }) if end.needs_no_lease() => {
                Ok(Self::Ended { end: end.clone() })
            }
            // Nobody can be asked to stop yet: the caller ends a pending attempt itself.
            (Self::Pending { .. }, E::CancelRequested { .. }) => Err(Refusal::Illegal),
            (
                Self::Pending { .. },
                E::Started { .. } | E::MachineSaved { .. } | E::Ended { token: Some(_), .. },
            ) => Err(Refusal::Fenced),
            (Self::Pending { .. }, E::Ended { token: None, .. }) => Err(Refusal::Illegal),

            (Self::Assigned { lease }, E::Started { token }) => {
                lease.held_with(*token)?;
                Ok(Self::Running {
                    lease: lease.clone(),
                    started_at: at,
                    cancel_by: None,
                    machine: None,
                })
            }
            (
                Self::Running { lease, started_at, cancel_by, .. },
                E::MachineSaved { token, state },
            ) => {
                lease.held_with(*token)?;
                Ok(Self::Running {
                    lease: lease.clone(),
                    started_at: *started_at,
                    cancel_by: cancel_by.clone(),
                    machine: Some(Arc::clone(state)),
                })
            }
            (
                Self::Running { lease, started_at, cancel_by, machine },
                E::CancelRequested { by },
            ) => Ok(Self::Running {
                lease: lease.clone(),
                started_at: *started_at,
                // The first who asked is named.
                cancel_by: Some(cancel_by.clone().unwrap_or_else(|| Arc::clone(by))),
                machine: machine.clone(),
            }),
            (Self::Assigned { lease } | Self::Running { lease, .. }, E::Ended { token, end }) => {
                lease.held_with(token.ok_or(Refusal::Illegal)?)?;
                Ok(Self::Ended { end: end.clone() })
            }
            (Self::Assigned { .. }, E::CancelRequested { .. }) => Err(Refusal::Illegal),
            (Self::Assigned { lease }, E::MachineSaved { token, .. })
            | (Self::Running { lease, .. }, E::Started { token }) => {
                lease.held_with(*token)?;
                Err(Refusal::Illegal)
            }
            (Self::Assigned { .. } | Self::Running { .. }, E::Assigned { .. }) => {
                Err(Refusal::Illegal)
            }

            (
                Self::Ended { .. },
                E::Assigned { .. }
                | E::Started { .. }
                | E::MachineSaved { .. }
                | E::CancelRequested { .. }
                | E::Ended { .. },
            ) => Err(Refusal::Ended),
        }
    }

    /// Returns the lease, while there is one.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Assigned { lease } | Self::Running { lease, .. } => Some(lease),
            Self::Pending { .. } | Self::Ended { .. } => None,
        }
    }

    /// Returns how it ended, if it has.
    #[must_use]
    pub fn end(&self) -> Option<&AttemptEnd> {
        match self {
            Self::Ended { end } => Some(end),
            Self::Pending { .. } | Self::Assigned { .. } | Self::Running { .. } => None,
        }
    }
}

impl Lease {
    fn held_with(&self, token: u64) -> Result<(), Refusal> {
        if self.token == token { Ok(()) } else { Err(Refusal::Fenced) }
    }
}

#[cfg(test)]
mod tests;
