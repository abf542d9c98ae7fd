//! Pipelines and their versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;
use crate::time::Timestamp;

/// A named, versioned definition of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    pub id: String,
    pub name: String,
    /// The newest version, from 1.
    pub version: u32,
    /// A paused pipeline starts no runs.
    pub paused: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Sets or validates a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PipelineSet {
    pub source: String,
    /// For messages, and for the choice of the language, such as `ci.yml`.
    pub file_name: String,
    /// Wins over the file name, such as `yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Values that are fixed from now on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, Value>,
}

/// A pipeline that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PipelineAccepted {
    pub pipeline: Pipeline,
    /// False if nothing had changed.
    pub is_new_version: bool,
    pub warnings: Vec<Diagnostic>,
}

/// One version of a pipeline. Never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PipelineVersion {
    pub pipeline: String,
    pub version: u32,
    /// The plugin that understands it, such as `language-yaml`.
    pub language: String,
    /// SHA-256 of that plugin when it compiled this version, in hex.
    pub compiled_by: String,
    pub file_name: String,
    /// Absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub vars: BTreeMap<String, Value>,
    /// What a run may be limited to, in order.
    pub jobs: Vec<Job>,
    /// What is looked at from time to time; new versions start runs.
    pub polls: Vec<Poll>,
    /// Names that are taken from the run's `args` or, failing that, from secrets.
    pub open_vars: Vec<String>,
    pub created_at: Timestamp,
}

/// A job, for lists and graphs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    pub name: String,
    /// Jobs that must succeed before this one.
    pub needs: Vec<String>,
}

/// A resource that is checked from time to time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    pub name: String,
    /// Time from one check to the next, in milliseconds.
    pub every_ms: u64,
    /// Jobs that a new version starts.
    pub jobs: Vec<String>,
    /// Whether each version gets a run of its own; else only the newest does.
    pub every_version: bool,
}
