//! What step machines are told and what they answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a piece of work ended. Four ways not to succeed are told apart on purpose:
/// the work said no, the machinery broke, time ran out, somebody stopped it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Succeeded,
    Failed,
    Errored,
    TimedOut,
    Cancelled,
    Skipped,
}

/// The end of an attempt (`machine.step.done`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// `succeeded`, `failed` or `errored`. The other ends are the kernel's to say.
    pub status: Status,
    /// One sentence for people when it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// False when trying again cannot help, such as a refused input.
    #[serde(default = "yes")]
    pub retryable: bool,
    /// What the step gives to its language, at most 1 MiB.
    #[serde(default)]
    pub output: Value,
}

impl Outcome {
    /// A success that gives `output`.
    #[must_use]
    pub fn succeeded(output: Value) -> Self {
        Self { status: Status::Succeeded, message: None, retryable: true, output }
    }
}

/// The data of a `process-ended` event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessEnded {
    /// The exit code, when the process exited by itself.
    #[serde(default)]
    pub code: Option<i32>,
    /// The signal that ended it, such as `KILL`.
    #[serde(default)]
    pub signal: Option<String>,
    /// How long it ran, from fork to the end of its output.
    #[serde(default)]
    pub elapsed_ms: u64,
    /// The first bytes of the standard output, if they were asked for; invalid UTF-8 is replaced.
    #[serde(default)]
    pub stdout: Option<String>,
    #[serde(default)]
    pub stderr: Option<String>,
    /// Whether the captured output is shorter than the real one.
    #[serde(default)]
    pub truncated: bool,
}

/// An error of the contract as JSON (data of `process-refused`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    pub code: String,
    pub message: String,
}

fn yes() -> bool {
    true
}
