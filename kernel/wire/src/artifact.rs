//! Files that outlive their run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// A kept file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Such as `dist/app.tar.gz`. Unique in its run.
    pub name: String,
    pub run: String,
    /// The number of the step that made it.
    pub step: u32,
    /// In bytes.
    pub size: u64,
    /// Of the content, in hex.
    pub sha256: String,
    pub at: Timestamp,
    /// Where to get it, below the server's address.
    pub href: String,
}
