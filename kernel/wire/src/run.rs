//! Runs: what starts them and where they stand.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::status::RunStatus;
use crate::step::Step;
use crate::time::Timestamp;

/// One execution of a pipeline version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Such as `run_06f8…`. Ids rise with time.
    pub id: String,
    /// The pipeline's name when the run was made.
    pub pipeline: String,
    pub pipeline_id: String,
    pub version: u32,
    /// The name of the workspace; `default` where nothing else was asked for.
    #[serde(default = "default_workspace")]
    pub workspace: String,
    /// Counts the runs of the pipeline from 1.
    pub number: u64,
    pub status: RunStatus,
    /// Why it did not succeed, or what it has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    pub trigger: Trigger,
    pub input: RunInput,
    /// The run that this one was made from, by retry or rerun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When a waiting run wants to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
    /// From its start to its end, or to now. Absent before the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How many events its history has.
    pub events: u64,
}

/// What a server says that knows no workspaces.
fn default_workspace() -> String {
    "default".to_owned()
}

/// Why a run exists.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Trigger {
    /// `manual`, `resource`, `retry` or `rerun`; more will follow.
    pub kind: String,
    /// Who or what, for people.
    pub by: String,
    /// Facts of the kind, such as the version of a resource.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

/// What a run was started with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RunInput {
    /// Only these jobs, and what follows from them. Empty: all.
    pub jobs: Vec<String>,
    /// Named values.
    pub args: BTreeMap<String, Value>,
    /// The launcher for steps that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// Paths of steps whose results are taken over from the origin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reuse: Vec<String>,
}

/// Starts a run. All is optional.
///
/// `Debug` prints no values of secrets.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RunStart {
    /// Absent: the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Where it runs. Absent: in `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Only these jobs, and what follows from them. Empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<String>,
    /// Named values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<String, Value>,
    /// The launcher for steps that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// Values for this run only. They are stored sealed until its end, and never shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Who starts it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl fmt::Debug for RunStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStart")
            .field("version", &self.version)
            .field("workspace", &self.workspace)
            .field("jobs", &self.jobs)
            .field("args", &self.args)
            .field("launcher", &self.launcher)
            .field("secrets", &self.secrets.keys())
            .field("by", &self.by)
            .finish()
    }
}

/// Makes a new run that takes over what succeeded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RunRetry {
    /// The path of a step: it and all that were started after it run again.
    /// Absent: all that did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Where: in a workspace that inherits from the run's own. Absent: in that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Who asks, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Makes a new run of the same version and input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RunRerun {
    /// Where: in a workspace that inherits from the run's own. Absent: in that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Who asks, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Cancels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Asked {
    /// Who asks, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A run with its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunTree {
    pub run: Run,
    /// Why the run has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Who asked it to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_by: Option<String>,
    /// Groups and steps in the order in which they were opened: a parent comes before its children,
    /// which name it in `parent`.
    pub steps: Vec<Step>,
    /// What the pipeline waits for by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
}

/// A timer that has not fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    pub name: String,
    pub due: Timestamp,
}

/// What holds something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingReason {
    /// A delay, a backoff or a quiet time.
    Time,
    /// All slots are taken.
    Slot,
    /// Its concurrency key is taken.
    Key,
    /// Nothing here has the tags that it asks for.
    Tags,
    /// Too many runs are in progress.
    Runs,
    /// The server is stopping.
    Draining,
    /// Its workspace is paused.
    Paused,
}

/// Why something is not running yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    pub reason: WaitingReason,
    /// One sentence for people.
    pub text: String,
    /// When it goes on, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who is ahead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<StepRef>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepRef {
    pub run: String,
    pub step: u32,
}
