//! Groups, steps and attempts of a run.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::run::Waiting;
use crate::status::{AttemptReason, AttemptStatus, StepStatus};
use crate::time::Timestamp;

/// A node of a run: a group that holds others, or a step that does work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// From 1, in the order in which they were opened.
    pub number: u32,
    /// The number of the group that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Its place, such as `build/2/test`. Unique in the run.
    pub path: String,
    /// For people.
    pub name: String,
    /// A word such as `job`, `task`, `get`, `hook`.
    pub kind: String,
    pub is_group: bool,
    pub status: StepStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was opened. Its first attempt may start later.
    pub opened_at: Timestamp,
    /// When its first attempt began; a group's is when it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// From its start to its end, or to now. Absent before the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What it gave to the pipeline when it ended.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// The run whose result was taken instead of doing the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused_from: Option<String>,
    /// Its tries, oldest first; none for a group.
    pub attempts: Vec<Attempt>,
    /// Why its newest attempt has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Lines for people that were added to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A step with what it was asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepDetail {
    pub step: Step,
    /// What it does, in the words of the plugin contract; null for a group.
    pub work: Value,
    /// Its retries, timeout and other options; null for a group.
    pub options: Value,
}

/// One try of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    pub why: AttemptReason,
    pub status: AttemptStatus,
    pub created_at: Timestamp,
    /// A pending one begins no earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// From its start to its end, or to now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Who asked a running one to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_by: Option<String>,
    /// How it ended, with what belongs to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<AttemptEnd>,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttemptEnd {
    pub status: AttemptStatus,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether another try may help, for failed and errored ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// What it gave.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// Who cancelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The run that made the result (cached), runs instead (deferred) or gives it (spawned).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// When it goes on (suspended, recurred).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
