//! Installed plugins.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::plugin_admin::{Binding, PluginSource, PluginStatus, PluginVersion};

/// What a plugin is, by what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PluginKind {
    Language,
    Launcher,
    Resource,
    Action,
    Secrets,
    Cache,
    Model,
    Identity,
    Webhook,
    Notifier,
    Gateway,
}

/// An installed plugin, as it was read from its binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plugin {
    /// Such as `launcher-process`.
    pub name: String,
    pub version: String,
    pub summary: String,
    pub kinds: Vec<PluginKind>,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// Of the component, in bytes.
    pub size: u64,
    /// Where it came from: `built-in` or a file.
    pub origin: String,
    /// The interfaces that it exports, with versions.
    pub exports: Vec<String>,
    /// The interfaces that it imports, with versions.
    pub imports: Vec<String>,
    /// What it asks for, wish by wish, and whether it may have that.
    pub grants: Vec<Grant>,
    #[serde(default)]
    pub source: PluginSource,
    #[serde(default)]
    pub status: PluginStatus,
    /// Why it does not serve as it was meant to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// Those that are kept, the newest first. Empty unless it was installed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<PluginVersion>,
    /// The names under which it serves; its own first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bindings: Vec<Binding>,
}

/// One thing that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    pub capability: String,
    /// The program, host or the like that it names. Empty: the capability as a whole.
    pub parameters: Vec<String>,
    /// Why the plugin wants it, in its own words.
    pub reason: String,
    /// All of it is granted.
    pub granted: bool,
    /// The parameters that are granted of it, where that is a part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted_parts: Vec<String>,
}
