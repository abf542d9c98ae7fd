//! How actions describe themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How an action describes itself in its plugin's manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionDescription {
    pub name: String,
    /// One sentence for people.
    pub summary: String,
    /// JSON Schemas.
    pub input: Value,
    pub output: Value,
}
