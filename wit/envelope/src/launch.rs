//! What a launcher is asked to run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A command to run somewhere (argument of `launcher.start`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LaunchSpec {
    pub command: Command,
    /// Values may be `secret:NAME` or contain `((secret:NAME))`; the kernel resolves them late.
    pub env: BTreeMap<String, String>,
    /// Volumes of the run, and where the command sees them.
    pub mounts: Vec<Mount>,
    /// The image to run in, for launchers that have images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    pub limits: Limits,
    pub privileged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<String>,
    /// How many bytes of stdout and of stderr the outcome carries, at most 1 MiB each. 0: none.
    pub capture_bytes: u32,
    /// The platform that the source names, such as `linux`. Informative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// A program and how to start it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Command {
    pub path: String,
    pub args: Vec<String>,
    /// Relative to the working directory of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// Name or uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nice: Option<i32>,
    /// Resource limits by name without prefix: `nofile`, `as`, `cpu`, `fsize`, `core`, `nproc`.
    pub rlimits: BTreeMap<String, u64>,
}

/// A volume at a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Mount {
    /// The name of the volume in its run.
    pub volume: String,
    /// Where the command sees it, relative to its working directory.
    pub path: String,
    pub read_only: bool,
}

/// An image, by what fetches it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// A reference such as `alpine:3.22`, when the source says nothing else.
    pub reference: String,
    /// The type and source as the pipeline wrote them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub source: Value,
}

/// Limits, for launchers that can hold to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// CPU shares, 1024 for one core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// What a launcher's outcome carries in `output`, whether the command succeeded or failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Launched {
    /// The exit code; 128 + number for a signal, as shells count.
    pub code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
    /// Whether a captured stream is shorter than the real one.
    #[serde(default)]
    pub truncated: bool,
}
