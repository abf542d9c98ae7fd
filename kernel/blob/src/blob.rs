//! Kept files, by the digest of their content.

mod keep;
mod pattern;
mod unpack;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::artifact::{Artifact, Blobs};
use kernel_ports::store::StoreError;
use opendal::{ErrorKind, Operator, services};
use tokio::task::spawn_blocking;
use wit_envelope::policy::ArtifactRule;

use crate::storage::Storage;
use crate::{digest, failure, removal};

/// For what is being written; renamed when it is complete.
const TEMPORARY: &str = ".new";
/// Zstandard's own default: fast, and most of what can be gained.
const LEVEL: i32 = 3;

/// Where blobs are kept.
#[derive(Debug)]
pub(crate) struct BlobStore {
    operator: Operator,
    path: PathBuf,
}

impl BlobStore {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let temporary = path.join(TEMPORARY);
        // What a crash has left.
        let cleared = removal::remove_tree(&temporary);
        let action = || format!("open the blobs in {}", path.display());
        cleared.map_err(|err| failure::io_error(action(), path, err))?;
        let service = services::Fs::default()
            .root(&path.to_string_lossy())
            .atomic_write_dir(&temporary.to_string_lossy());
        let operator = Operator::new(service);
        let operator = operator.map_err(|err| failure::service_error(action(), path, err))?;
        Ok(Self { operator, path: path.to_owned() })
    }

    async fn has(&self, sha256: &str) -> Result<bool, StoreError> {
        let exists = self.operator.exists(&key(sha256)).await;
        exists.map_err(|err| self.lost(format!("look for the blob {sha256}"), err))
    }

    fn lost(&self, action: String, err: opendal::Error) -> StoreError {
        failure::service_error(action, &self.path, err)
    }
}

/// Where a blob lies: the first two digits make 256 directories.
fn key(sha256: &str) -> String {
    let (folder, _) = sha256.split_at_checked(2).unwrap_or((sha256, ""));
    format!("{folder}/{sha256}")
}

#[async_trait]
impl Blobs for Storage {
    async fn artifact_keep(
        &self,
        run: RunId,
        step: StepNo,
        rules: &[ArtifactRule],
        at: Time,
    ) -> Result<Vec<Artifact>, StoreError> {
        let mut artifacts: Vec<Artifact> = Vec::new();
        for file in self.artifact_files(run, rules).await? {
            let name: Arc<str> = file.name.as_str().into();
            if artifacts.iter().any(|artifact| artifact.name == name) {
                continue;
            }
            let (sha256, size) = self.blobs.keep_file(file).await?;
            artifacts.push(Artifact { run, step, name, size, sha256, at });
        }
        Ok(artifacts)
    }

    async fn blob_read(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
        let missing = || StoreError::NotFound { what: format!("the blob {sha256}") };
        // Anything else could lead somewhere else.
        if !digest::is_hex(sha256) {
            return Err(missing());
        }
        let lost = |err: opendal::Error| match err.kind() {
            ErrorKind::NotFound => missing(),
            _ => self.blobs.lost(format!("read the blob {sha256}"), err),
        };
        let key = key(sha256);
        // A reader finds out with its first read only.
        self.blobs.operator.stat(&key).await.map_err(lost)?;
        let reader = self.blobs.operator.reader(&key).await.map_err(lost)?;
        let packed = reader.into_bytes_stream(..).await.map_err(lost)?;
        unpack::unpack(packed, sha256)
    }

    async fn blob_put(&self, bytes: Bytes) -> Result<Arc<str>, StoreError> {
        let packed = spawn_blocking(move || {
            let sha256 = digest::hex(&digest::sha256(&bytes));
            let packed = zstd::bulk::compress(&bytes, LEVEL);
            (sha256, packed)
        });
        let (sha256, packed) = packed.await.map_err(failure::task_lost)?;
        let action = || format!("keep the blob {sha256}");
        let packed = packed.map_err(|err| failure::io_error(action(), &self.blobs.path, err))?;
        if !self.blobs.has(&sha256).await? {
            let written = self.blobs.operator.write(&key(&sha256), packed).await;
            written.map_err(|err| self.blobs.lost(action(), err))?;
        }
        Ok(sha256.into())
    }
}
