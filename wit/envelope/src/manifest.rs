//! What a plugin says about itself: the custom section `tenon:manifest` of its binary, as JSON.
//!
//! What a plugin is and which capabilities it uses is read from its exports and imports; the
//! manifest adds what those cannot say. Listing plugins never runs them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::action::ActionDescription;
use crate::gateway::GatewayDescription;
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
    /// The oldest version of Tenon that it works with, such as `0.3.0`; empty: any that speaks the
    /// contract.
    pub tenon: String,
    /// step machines: which version of its state it writes, counted up by each change that an older
    /// version of the plugin could not read.
    pub state_version: u32,
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
    /// gateway: where it would like to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayDescription>,
}

/// What a plugin wants of one capability. Without parameters it gets the capability itself, which
/// for `process` and `http` means nothing yet: programs and hosts must be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Request {
    /// The name of an interface: `output`, `workspace`, `process`, `http`, `kv`, `secret-store`,
    /// `secret-reveal`, `keyring`, `blob`, `tcp`, `kernel`.
    pub capability: String,
    /// process: names or paths of programs, `*` for any. http: `METHOD host[:port]`, with `*` for
    /// any method and `*.` before a domain. kv: the size in bytes. secret-store, secret-reveal:
    /// names of secrets. blob: names of buckets. tcp: `host:port`. kernel: `METHOD path`.
    pub parameters: Vec<String>,
    /// For the operator who decides.
    pub reason: String,
}
