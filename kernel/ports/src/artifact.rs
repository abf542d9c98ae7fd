//! Files that outlive their run.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use wit_envelope::policy::ArtifactRule;

use crate::store::StoreError;

/// A kept file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub run: RunId,
    pub step: StepNo,
    /// Label of the volume and path in it, such as `dist/app.tar.gz`. Unique in its run: a later
    /// one of the same name replaces it.
    pub name: Arc<str>,
    pub size: u64,
    /// SHA-256 of the content, lower-case hex.
    pub sha256: Arc<str>,
    pub at: Time,
}

/// Keeps bytes by their digest.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Keeps the files that match, and describes them. A rule without a match is an error that
    /// names it.
    async fn artifact_keep(
        &self,
        run: RunId,
        step: StepNo,
        rules: &[ArtifactRule],
        at: Time,
    ) -> Result<Vec<Artifact>, StoreError>;
    /// Returns the content, in order.
    async fn blob_read(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError>;
    async fn blob_put(&self, bytes: Bytes) -> Result<Arc<str>, StoreError>;
}
