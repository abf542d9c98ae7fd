//! What a resource is asked and what it answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which function of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    Check,
    Get,
    Put,
}

/// Argument of `resource.check`, `get` and `put`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceRequest {
    /// Where the thing is. Strings may hold secret references; the plugin hands them on as they
    /// are, and the host puts the values in place at the wire.
    pub source: Value,
    /// Parameters of this get or put.
    pub params: Value,
    /// check: the last known version, if any. get: the version to fetch.
    pub version: Option<Value>,
    /// get: the volume to fill. put: the volume that a relative path starts in, if only one.
    pub volume: Option<String>,
    /// put: what the earlier steps made, by name.
    pub inputs: Vec<crate::launch::Mount>,
}

/// Output of a check: versions from old to new. When the request named a version that still
/// exists, that one comes first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    pub versions: Vec<Value>,
}

/// Output of a get or put.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Got {
    pub version: Value,
    pub metadata: Vec<Metadata>,
}

/// A fact about a version, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    pub name: String,
    pub value: String,
}

/// How a resource describes itself in its manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceDescription {
    /// One sentence for people.
    pub summary: String,
    /// The name in a pipeline's `type:`, such as `git`.
    pub name: String,
    /// JSON Schemas; null accepts anything.
    pub source: Value,
    pub get_params: Value,
    pub put_params: Value,
    pub version: Value,
}
