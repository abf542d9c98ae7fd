//! Programs that people have let in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// A program that somebody has let in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedApp {
    pub id: String,
    /// What it called itself; nobody has checked that.
    pub name: String,
    /// What it is known by: an id, or the address of its description.
    pub client: String,
    /// On whose behalf it acts.
    pub holder: String,
    /// The part of the server that it may call: `/api/v1` or `/mcp`.
    pub audience: String,
    /// What it may do of what its holder may do.
    pub verbs: Vec<String>,
    /// Names of projects, with `*` for any.
    pub projects: Vec<String>,
    /// Names of workspaces, with `*` for any.
    pub workspaces: Vec<String>,
    pub created_at: Timestamp,
    /// When it last got a token; one works for an hour.
    pub renewed_at: Timestamp,
    /// When it ends if it asks for nothing until then.
    pub expires_at: Timestamp,
}
