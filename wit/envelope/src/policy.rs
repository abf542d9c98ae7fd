//! What a step may ask of the scheduler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::Status;

/// Options of a step. The default is: one attempt (abandoned ones are tried again), no limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct StepOptions {
    pub retry: Retry,
    /// Time for one attempt, from its start. The kernel ends the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Wait so long before the first attempt.
    #[serde(skip_serializing_if = "is_zero")]
    pub delay_ms: u64,
    /// Time between asking a cancelled attempt to end and ending it. Absent: the server's setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<u64>,
    /// Higher runs first. Within one priority, older runs first.
    pub priority: i32,
    /// Tags that what runs the step must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<ResultCache>,
    /// Reuse the result of a step with the same key in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defer: Option<Defer>,
    /// Files to keep when the attempt has succeeded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactRule>,
}

/// When an attempt that did not succeed is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// How many attempts in all; 1 means no retry.
    pub attempts_max: u32,
    /// Wait before the second attempt; doubled for each further one.
    pub backoff_min_ms: u64,
    pub backoff_max_ms: u64,
    /// Random share of the wait, 0 to 1: the wait lies between `(1 - jitter) * w` and `w`.
    pub jitter: f64,
    /// Which ends are tried again.
    pub on: Vec<Status>,
    /// How many attempts whose contact was lost are tried again, on top of `attempts_max`.
    pub abandoned_max: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 1,
            backoff_min_ms: 0,
            backoff_max_ms: 60_000,
            jitter: 0.0,
            on: vec![Status::Failed, Status::Errored, Status::TimedOut],
            abandoned_max: 10,
        }
    }
}

/// At most `limit` attempts with the same key at a time, over all runs of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Concurrency {
    pub key: String,
    #[serde(default = "one")]
    pub limit: u32,
    #[serde(default)]
    pub policy: ConcurrencyPolicy,
}

/// What happens to the one that finds its key taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcurrencyPolicy {
    #[default]
    Queue,
    /// The oldest holder is cancelled and the new one takes its place when it has ended.
    CancelOldest,
    /// The new one is cancelled.
    CancelNewest,
    /// The new one errors.
    Reject,
}

/// Reuse the result of an earlier success, over all runs of the workspace and, where these have
/// none, of those that it inherits from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultCache {
    pub key: String,
    #[serde(default)]
    pub namespace: String,
    #[serde(default)]
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_max_ms: Option<u64>,
}

/// Debounce: of several pending attempts with one key in a workspace, only the newest runs, after a
/// quiet time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Defer {
    pub key: String,
    pub quiet_ms: u64,
}

/// Files of a volume to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactRule {
    pub volume: String,
    /// A path, or a pattern with `*`, `**` and `?`, relative to the volume.
    pub pattern: String,
    /// What the volume is called in the artifact's name, when not as it is named itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
