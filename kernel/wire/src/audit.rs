//! What was done.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// One link of the chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLink {
    /// Counts from 1.
    pub seq: u64,
    pub at: Timestamp,
    /// Who, such as `user/alice`.
    pub actor: String,
    /// From where.
    pub address: String,
    /// What, such as `pipeline.set`.
    pub action: String,
    /// To what.
    pub target: String,
    /// `done`, `denied` or `failed`.
    pub outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// The id of the request.
    pub request: String,
    /// SHA-256 of the link before and all of this, in hex.
    pub hash: String,
}

/// Whether the chain is as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditVerdict {
    pub is_intact: bool,
    /// How many links there are; older ones may have been removed by age.
    pub links: u64,
    /// The end of the chain, as `SEQ:HASH`: note it elsewhere, and check against it later.
    pub head: String,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}
