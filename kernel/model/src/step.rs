//! Groups and steps of a run.

use crate::attempt::{AttemptState, Text, Why};
use crate::event::{Node, StepNo};
use crate::outcome::Outcome;
use crate::retry::Tried;
use crate::time::Time;

/// A node of a run: a group that holds others, or a step that does work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub no: StepNo,
    pub node: Node,
    pub opened_at: Time,
    pub state: StepState,
    /// None for a group.
    pub work: Option<StepWork>,
    pub notes: Vec<Text>,
}

/// What a step does, and its tries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepWork {
    /// JSON of the contract.
    pub work: Text,
    pub options: Text,
    /// Never empty after the event that follows the start.
    pub attempts: Vec<Attempt>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    pub why: Why,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub state: AttemptState,
}

/// Where a group or step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    Open,
    Ended { at: Time, outcome: Outcome, message: Option<Text>, value: Text },
}

impl Step {
    /// Returns how it ended, if it has.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            StepState::Open => None,
            StepState::Ended { outcome, .. } => Some(outcome),
        }
    }

    /// Returns the newest attempt; `None` for a group.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        self.work.as_ref()?.attempts.last()
    }

    /// Counts the attempts before the newest one, for the retry policy.
    #[must_use]
    pub fn tried(&self) -> Tried {
        use crate::attempt::AttemptEnd as E;
        let mut tried = Tried::default();
        let attempts = self.work.as_ref().map(|w| w.attempts.as_slice()).unwrap_or_default();
        for attempt in attempts.iter().rev().skip(1) {
            match attempt.state.end() {
                Some(E::Abandoned { .. }) => tried.abandoned += 1,
                Some(E::Suspended { .. } | E::Recurred { .. }) | None => {}
                Some(_) => tried.ended += 1,
            }
        }
        tried
    }
}
