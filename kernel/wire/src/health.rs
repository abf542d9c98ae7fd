//! Whether the server lives, is ready, and since when.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// The server itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    pub version: String,
    pub started_at: Timestamp,
    pub uptime_ms: u64,
    /// Runs that have not ended.
    pub runs_open: u64,
}

/// Whether the server takes work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    pub ready: bool,
    pub checks: Vec<Check>,
}

/// One thing that the server needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// `store`, `plugins` or `intake`.
    pub name: String,
    pub ok: bool,
    /// For people.
    pub detail: String,
}
