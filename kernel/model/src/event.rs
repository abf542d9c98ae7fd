//! What can happen to a run, as it is journaled.

use crate::attempt::{AttemptEvent, Text, Why};
use crate::name::StepPath;
use crate::outcome::Outcome;
use crate::time::Time;

/// The number of a group or step in its run, from 1, in the order in which they were started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepNo(pub u32);

/// An event and when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub at: Time,
    pub event: Event,
}

/// What can happen to a run. The first event of a run is `Started`; before it, the run is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Started,
    /// Nothing is in progress; the run waits for a time or an answer.
    Waiting,
    /// Something is in progress again.
    Resumed,
    CancelRequested {
        by: Text,
    },
    /// How the run will end, while steps still end. Comes at most once.
    EndDecided {
        outcome: Outcome,
        message: Option<Text>,
    },
    /// The root's outcome. The only end of a run.
    Ended {
        outcome: Outcome,
        message: Option<Text>,
    },
    GroupOpened {
        step: StepNo,
        node: Node,
    },
    GroupEnded {
        step: StepNo,
        outcome: Outcome,
        message: Option<Text>,
    },
    /// `work` and `options` are JSON of the contract.
    StepStarted {
        step: StepNo,
        node: Node,
        work: Text,
        options: Text,
    },
    /// The step's outcome is that of its last attempt, unless another run gave it (`value`).
    StepEnded {
        step: StepNo,
        outcome: Outcome,
        message: Option<Text>,
        value: Text,
    },
    AttemptCreated {
        step: StepNo,
        attempt: u32,
        why: Why,
        not_before: Time,
    },
    Attempt {
        step: StepNo,
        attempt: u32,
        event: AttemptEvent,
    },
    /// A line for people about a step.
    Noted {
        step: StepNo,
        text: Text,
    },
    TimerSet {
        name: Text,
        due: Time,
    },
    TimerCancelled {
        name: Text,
    },
    TimerFired {
        name: Text,
    },
    /// The language asked what the pipeline remembers; `values` is the JSON object of the answer.
    FactsRead {
        query: Text,
        values: Text,
    },
}

/// The place of a group or step in the tree of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub path: StepPath,
    pub parent: Option<StepNo>,
    /// For people.
    pub name: Text,
    /// A word such as `job`, `task`, `hook`.
    pub kind: Text,
}
