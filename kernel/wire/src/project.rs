//! Projects: each has pipelines, runs and secrets of its own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    pub name: String,
    pub created_at: Timestamp,
    /// Such as `user/alice`; `server` for those that the server has made itself.
    pub created_by: String,
    /// Runs that have not ended.
    pub runs_open: u64,
}

/// What a project is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectCreate {
    /// 1 to 63 lower-case letters, digits and dashes, no dash at either end.
    pub name: String,
}
