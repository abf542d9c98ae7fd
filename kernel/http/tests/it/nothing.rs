//! Ports that these tests have no use for.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};
use kernel_ports::fetch::{Fetch, FetchError};
use kernel_ports::log::LogSink;
use kernel_ports::process::{Process, ProcessSpec, Processes, StartError};
use kernel_ports::secret::{SecretError, Secrets};
use kernel_ports::volume::{CacheScope, Entry, MountPoint, VolumeError, Volumes};

/// No volumes, processes, secrets or outside.
pub(crate) struct Nothing;

fn none<T>() -> Result<T, VolumeError> {
    Err(VolumeError::Name { found: String::new(), reason: "there are no volumes in these tests" })
}

#[async_trait]
impl Volumes for Nothing {
    async fn volume_dir(&self, _: RunId, _: &str) -> Result<PathBuf, VolumeError> {
        none()
    }

    async fn work_dir(
        &self,
        _: RunId,
        _: StepNo,
        _: u32,
        _: &[MountPoint],
    ) -> Result<PathBuf, VolumeError> {
        none()
    }

    async fn work_subdir(&self, _: &std::path::Path, _: &str) -> Result<PathBuf, VolumeError> {
        none()
    }

    async fn work_dir_remove(&self, _: RunId, _: StepNo, _: u32) {}

    async fn run_remove(&self, _: RunId) {}

    async fn run_copy(&self, _: RunId, _: RunId) -> Result<bool, VolumeError> {
        Ok(false)
    }

    async fn read(
        &self,
        _: RunId,
        _: &str,
        _: &str,
        _: u64,
        _: usize,
    ) -> Result<Vec<u8>, VolumeError> {
        none()
    }

    async fn write(
        &self,
        _: RunId,
        _: &str,
        _: &str,
        _: &[u8],
        _: bool,
    ) -> Result<(), VolumeError> {
        none()
    }

    async fn list(&self, _: RunId, _: &str, _: &str) -> Result<Vec<Entry>, VolumeError> {
        none()
    }

    async fn remove(&self, _: RunId, _: &str, _: &str) -> Result<(), VolumeError> {
        none()
    }

    async fn set_executable(&self, _: RunId, _: &str, _: &str) -> Result<(), VolumeError> {
        none()
    }

    async fn cache_restore(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<bool, VolumeError> {
        none()
    }

    async fn cache_copy(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<bool, VolumeError> {
        none()
    }

    async fn cache_keep(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<(), VolumeError> {
        none()
    }

    async fn cache_forget(&self, _: WorkspaceId) {}
}

#[async_trait]
impl Processes for Nothing {
    async fn start(
        &self,
        spec: ProcessSpec,
        _: Arc<dyn LogSink>,
    ) -> Result<Arc<dyn Process>, StartError> {
        Err(StartError::NotFound { program: spec.program, hint: String::new() })
    }

    async fn end_marked(&self, _: &str) -> usize {
        0
    }
}

#[async_trait]
impl Secrets for Nothing {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.to_owned() })
    }
}

#[async_trait]
impl Fetch for Nothing {
    async fn fetch(&self, url: &str, _: usize) -> Result<String, FetchError> {
        Err(FetchError::Status { url: url.to_owned(), status: 404 })
    }

    async fn fetch_here(&self, url: &str, bytes_max: usize) -> Result<String, FetchError> {
        self.fetch(url, bytes_max).await
    }
}
