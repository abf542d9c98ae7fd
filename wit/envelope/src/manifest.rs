//! What a plugin says about itself: the custom section `tenon:manifest` of its binary, as JSON.
//!
//! What a plugin is and which capabilities it uses is read from its exports and imports; the
//! manifest adds what those cannot say. Listing plugins never runs them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::ActionDescription;
use crate::resource::ResourceDescription;

/// The name of the custom section.
pub const SECTION: &str = "tenon:manifest";

/// The content of the section.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// Such as `launcher-process`.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// One sentence for people.
    pub summary: String,
    /// The oldest version of the contract that it needs, such as `1.0.0`.
    pub contract: String,
    /// What it wants of its capabilities, and why.
    pub requests: Vec<Request>,
    /// JSON Schema of its configuration; null: it has none.
    pub config: Value,
    /// language: file names it takes by default, such as `*.yml`.
    pub patterns: Vec<String>,
    /// resource: what it is called in pipelines, and its schemas.
    pub resource: Option<ResourceDescription>,
    /// action: its functions.
    pub actions: Vec<ActionDescription>,
}

/// What a plugin wants of one capability. Without parameters it gets the capability itself, which
/// for `process` and `http` means nothing yet: programs and hosts must be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// The name of an interface: `process`, `http`, `kv`, `workspace`, `output`.
    pub capability: String,
    /// process: names or paths of programs, `*` for any. http: `METHOD host[:port]`, with `*` for
    /// any method and `*.` before a domain. kv: the size in bytes.
    pub parameters: Vec<String>,
    /// For the operator who decides.
    pub reason: String,
}
