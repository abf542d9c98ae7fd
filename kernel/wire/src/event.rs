//! The history of a run, event by event (server-sent events of `/runs/{run}/events`).
//!
//! The SSE id of an event is its `seq`. After the last one comes the SSE event [`END`], whose data
//! is the ended run ([`crate::run::Run`]); then the server closes the stream.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::status::{AttemptReason, RunStatus, StepStatus};
use crate::step::AttemptEnd;
use crate::time::Timestamp;

/// The name of the SSE event that carries a [`RunEvent`].
pub const EVENT: &str = "event";
/// The name of the last SSE event of events and logs; its data is the ended run.
pub const END: &str = "end";

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunEvent {
    /// Its place in the history, from 1. Rises, but may skip numbers.
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub what: Happening,
}

/// What happened. Clients ignore events that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Happening {
    /// The run began.
    Started,
    /// Nothing is in progress; the run waits for a time or an answer.
    Waiting,
    /// Something is in progress again.
    Resumed,
    /// Somebody asked the run to stop.
    CancelRequested {
        by: String,
    },
    /// How the run will end is known, while steps still end.
    EndDecided {
        status: RunStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The run ended. The last event.
    Ended {
        status: RunStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    GroupOpened {
        step: u32,
        #[serde(flatten)]
        place: Place,
    },
    GroupEnded {
        step: u32,
        status: StepStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    StepStarted {
        step: u32,
        #[serde(flatten)]
        place: Place,
    },
    StepEnded {
        step: u32,
        status: StepStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(default, skip_serializing_if = "Value::is_null")]
        output: Value,
    },
    /// A try of a step is to be made, not before a time.
    AttemptCreated {
        step: u32,
        attempt: u32,
        why: AttemptReason,
        not_before: Timestamp,
    },
    /// It has a slot.
    AttemptAssigned {
        step: u32,
        attempt: u32,
    },
    AttemptStarted {
        step: u32,
        attempt: u32,
    },
    AttemptCancelRequested {
        step: u32,
        attempt: u32,
        by: String,
    },
    AttemptEnded {
        step: u32,
        attempt: u32,
        end: AttemptEnd,
    },
    /// A line for people about a step.
    Noted {
        step: u32,
        text: String,
    },
    TimerSet {
        name: String,
        due: Timestamp,
    },
    TimerCancelled {
        name: String,
    },
    TimerFired {
        name: String,
    },
    /// The pipeline asked what it remembers of earlier runs.
    FactsRead {
        query: String,
        values: BTreeMap<String, Value>,
    },
}

/// The place of a group or step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Unique in the run.
    pub path: String,
    /// The number of the group that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// For people.
    pub name: String,
    /// A word such as `job`, `task`, `hook`.
    pub kind: String,
}
