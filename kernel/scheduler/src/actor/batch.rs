//! What waits for the next transaction, and what follows it.

use std::sync::Arc;

use kernel_model::event::{Recorded, StepNo};
use kernel_ports::artifact::Artifact;
use kernel_ports::run::SavedResult;

use super::Reply;
use crate::SchedulerError;
use crate::attempt::Attempt;
use crate::dispatch::Slot;

/// Gathered until the next append.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) events: Vec<Recorded>,
    pub(super) language_state: Option<Arc<[u8]>>,
    pub(super) facts: Vec<(String, Option<Arc<str>>)>,
    pub(super) results: Vec<SavedResult>,
    pub(super) artifacts: Vec<Artifact>,
    pub(super) after: Vec<After>,
}

/// Done when the batch is durable.
pub(super) enum After {
    Start {
        step: StepNo,
        attempt: Box<Attempt>,
    },
    /// The attempt has ended: somebody else may run.
    Free {
        slot: Slot,
    },
    Answer {
        reply: Reply,
        answer: Result<(), SchedulerError>,
    },
}

impl Batch {
    pub(super) fn reply(&mut self, reply: Reply, answer: Result<(), SchedulerError>) {
        self.after.push(After::Answer { reply, answer });
    }

    /// Returns whether there is something to store.
    pub(super) fn is_dirty(&self) -> bool {
        !self.events.is_empty()
            || self.language_state.is_some()
            || !self.facts.is_empty()
            || !self.results.is_empty()
            || !self.artifacts.is_empty()
    }
}
