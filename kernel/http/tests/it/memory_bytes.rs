//! One blob in memory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::artifact::{Artifact, Blobs};
use kernel_ports::store::StoreError;
use wit_envelope::policy::ArtifactRule;

/// What every kept file holds.
pub(crate) const CONTENT: &str = "hello";
/// SHA-256 of it.
pub(crate) const DIGEST: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Keeps a file for each rule, under the rule's path.
pub(crate) struct OneBlob;

#[async_trait]
impl Blobs for OneBlob {
    async fn artifact_keep(
        &self,
        run: RunId,
        step: StepNo,
        rules: &[ArtifactRule],
        at: Time,
    ) -> Result<Vec<Artifact>, StoreError> {
        let artifact = |rule: &ArtifactRule| Artifact {
            run,
            step,
            name: format!("{}/{}", rule.volume, rule.pattern).into(),
            size: CONTENT.len() as u64,
            sha256: DIGEST.into(),
            at,
        };
        Ok(rules.iter().map(artifact).collect())
    }

    async fn blob_read(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
        assert_eq!(sha256, DIGEST);
        let (head, tail) = CONTENT.split_at(2);
        Ok(stream::iter([head, tail].map(|part| Ok(Bytes::from(part)))).boxed())
    }

    async fn blob_put(&self, _: Bytes) -> Result<Arc<str>, StoreError> {
        Ok(DIGEST.into())
    }
}
