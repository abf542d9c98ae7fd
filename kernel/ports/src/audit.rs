//! What was done, in a chain: as it is kept.

use async_trait::async_trait;
use kernel_model::time::Time;

use crate::access::Digest;
use crate::store::StoreError;

/// One link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Counts from 1 without a gap.
    pub seq: u64,
    pub at: Time,
    /// Who, such as `user/alice`.
    pub actor: String,
    /// From where; empty for the server itself.
    pub address: String,
    /// What, such as `pipeline.set`.
    pub action: String,
    /// To what, such as `project/default/pipeline/ci`.
    pub target: String,
    /// How it went: `done`, `denied` or `failed`.
    pub outcome: String,
    /// JSON, if it is known.
    pub before: Option<String>,
    pub after: Option<String>,
    /// The id of the request.
    pub request: String,
    /// Of the link before and all of this.
    pub hash: Digest,
}

/// A place in the chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditPlace {
    /// 0: before the first link.
    pub seq: u64,
    pub hash: Digest,
}

/// Where the chain begins and ends, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// What is before this was removed when it was old.
    pub base: AuditPlace,
    pub head: AuditPlace,
    pub at: Time,
    pub signature: Digest,
}

/// What to look for. Empty texts fit everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: String,
    /// As it begins, such as `pipeline.`.
    pub action: String,
    pub target: String,
    pub outcome: String,
    pub since: Option<Time>,
    pub until: Option<Time>,
}

/// Keeps the chain. It does not judge: hashes and signatures are made and checked elsewhere.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Appends links and replaces the newest seal; `checkpoint` keeps that seal for good.
    /// Links that do not follow the last one are [`StoreError::Conflict`].
    async fn audit_append(
        &self,
        rows: &[AuditRow],
        seal: &AuditSeal,
        checkpoint: bool,
    ) -> Result<(), StoreError>;
    /// Returns the newest seal.
    async fn audit_seal(&self) -> Result<Option<AuditSeal>, StoreError>;
    /// Returns the seals that were kept for good, from the oldest.
    async fn audit_checkpoints(&self) -> Result<Vec<AuditSeal>, StoreError>;
    /// Lists links before `before` from the newest, as many as `limit`.
    async fn audit_list(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError>;
    /// Reads links after `after` from the oldest, for checking the chain.
    async fn audit_read(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// Removes the links up to `seal.base` with their checkpoints, and replaces the newest seal.
    async fn audit_prune(&self, seal: &AuditSeal) -> Result<(), StoreError>;
}
