//! What is remembered between two calls. Short keys: this is written at each event.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wit_envelope::machine::Status;

use super::End;

/// Numbers frames in the order in which they were made.
pub(super) type FrameId = u32;

/// A run in progress.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    #[serde(rename = "a", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) args: BTreeMap<String, Value>,
    /// The resource and version that started the run.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub(super) trigger: Option<(String, Value)>,
    #[serde(rename = "f", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) facts: BTreeMap<String, Value>,
    #[serde(rename = "j")]
    pub(super) jobs: Vec<JobState>,
    /// By resource.
    #[serde(rename = "c", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) checks: BTreeMap<u32, Check>,
    #[serde(rename = "r", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) frames: BTreeMap<FrameId, Frame>,
    #[serde(rename = "n")]
    pub(super) frames_made: FrameId,
    /// The order in which jobs began, for the pipeline's assertion.
    #[serde(rename = "o", skip_serializing_if = "Vec::is_empty")]
    pub(super) order: Vec<u32>,
    /// Whether jobs may start: facts are there.
    #[serde(rename = "b")]
    pub(super) begun: bool,
    #[serde(rename = "x", skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancelled: bool,
    /// Whether checks that nothing needs any more were asked to stop.
    #[serde(rename = "k", skip_serializing_if = "std::ops::Not::not")]
    pub(super) checks_cancelled: bool,
    #[serde(rename = "d", skip_serializing_if = "std::ops::Not::not")]
    pub(super) finished: bool,
}

/// Where a job stands.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct JobState {
    #[serde(rename = "p")]
    pub(super) phase: JobPhase,
    /// Artifacts and the volumes that hold them.
    #[serde(rename = "a", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) artifacts: BTreeMap<String, String>,
    /// Volumes that were handed out.
    #[serde(rename = "v", skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) volumes: BTreeSet<String>,
    /// The versions that it got and put, by resource.
    #[serde(rename = "r", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) versions: BTreeMap<u32, Vec<Value>>,
    /// Steps that were started, if an assertion wants to know.
    #[serde(rename = "s", skip_serializing_if = "Vec::is_empty")]
    pub(super) started: Vec<String>,
    /// How many steps run.
    #[serde(rename = "l")]
    pub(super) steps: u32,
    /// Steps that wait for others to end.
    #[serde(rename = "w", skip_serializing_if = "Vec::is_empty")]
    pub(super) waiting: Vec<FrameId>,
}

/// Where a job stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum JobPhase {
    /// Not part of this run.
    #[default]
    #[serde(rename = "o")]
    Out,
    #[serde(rename = "p")]
    Pending,
    #[serde(rename = "r")]
    Running,
    #[serde(rename = "e")]
    Ended(Status, Option<String>),
}

/// A look for versions, one for each resource of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Check {
    #[serde(rename = "r")]
    Running,
    #[serde(rename = "v")]
    Found(Value),
    #[serde(rename = "e")]
    Failed(Status, String),
}

/// A node in progress.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    #[serde(rename = "n")]
    pub(super) node: u32,
    #[serde(rename = "j")]
    pub(super) job: u32,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<FrameId>,
    #[serde(rename = "p")]
    pub(super) path: String,
    /// The path of the group around it.
    #[serde(rename = "g")]
    pub(super) group: String,
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cancelled: bool,
    #[serde(rename = "s")]
    pub(super) phase: Phase,
}

/// How far a node is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Phase {
    #[serde(rename = "b")]
    Begun,
    /// The index of the step that runs.
    #[serde(rename = "q")]
    Sequence(u32),
    #[serde(rename = "p")]
    Parallel { next: u32, live: u32, end: Option<EndState>, stopped: bool },
    #[serde(rename = "a")]
    Attempt(u32),
    #[serde(rename = "t")]
    Timeout { fired: bool },
    #[serde(rename = "h")]
    Hooks { at: Hook, end: EndState },
    /// How many steps of the job had been started before.
    #[serde(rename = "c")]
    Assert(u32),
    /// Waits for others of its job to end.
    #[serde(rename = "w")]
    Slot,
    /// Has its turn among the steps of its job.
    #[serde(rename = "r")]
    Ready,
    /// Its end is on the queue. `held`: it had its turn.
    #[serde(rename = "o")]
    Over { held: bool },
    /// Waits for the version of a resource.
    #[serde(rename = "v")]
    Version(u32),
    /// Waits for the step at that path, which reads the task's file.
    #[serde(rename = "f")]
    File(String),
    /// The step at the frame's own path runs.
    #[serde(rename = "k")]
    Work { volumes: BTreeMap<String, String>, version: Option<Value> },
    /// Waits for the get after a put, at that path.
    #[serde(rename = "i")]
    AfterPut { path: String, volume: String, version: Value },
}

/// Where a step with hooks is. The order is that of their turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Hook {
    #[serde(rename = "b")]
    Body,
    #[serde(rename = "s")]
    Success,
    #[serde(rename = "f")]
    Failure,
    #[serde(rename = "a")]
    Abort,
    #[serde(rename = "e")]
    Error,
    #[serde(rename = "z")]
    Ensure,
}

/// An [`End`] that is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EndState(pub(super) Status, pub(super) Option<String>);

impl From<End> for EndState {
    fn from(end: End) -> Self {
        Self(end.status, end.message)
    }
}

impl From<EndState> for End {
    fn from(EndState(status, message): EndState) -> Self {
        Self { status, message }
    }
}
