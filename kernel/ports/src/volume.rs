//! Directories of runs.

use std::path::PathBuf;

use async_trait::async_trait;
use kernel_model::event::StepNo;
use kernel_model::id::{PipelineId, RunId, WorkspaceId};

/// Why a file operation was refused.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    #[error("{found:?} cannot be the name of a volume: {reason}")]
    Name { found: String, reason: &'static str },
    #[error("the path {path:?} is refused: {reason}")]
    Path { path: String, reason: &'static str },
    #[error("{path:?} does not exist in the volume {volume:?}")]
    NotFound { volume: String, path: String },
    #[error("{path:?} in the volume {volume:?} is larger than {limit} bytes")]
    TooLarge { volume: String, path: String, limit: u64 },
    #[error("failed to {action} {path:?} in the volume {volume:?}")]
    Io {
        action: &'static str,
        volume: String,
        path: String,
        #[source]
        err: std::io::Error,
    },
}

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    File,
    Directory,
    Link,
    Other,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
    pub size: u64,
}

/// Whose caches: those of a pipeline in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheScope {
    pub pipeline: PipelineId,
    pub workspace: WorkspaceId,
}

/// A volume shown in a working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    pub volume: String,
    /// Relative to the working directory, without `..`.
    pub path: String,
}

/// Keeps the directories of runs.
///
/// Names of volumes: 1 to 200 characters of letters, digits, `.`, `_`, `-` and `/`, no part empty,
/// `.` or `..`. Paths in them are relative, and symbolic links never lead out.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Returns the volume's directory, created where missing.
    async fn volume_dir(&self, run: RunId, name: &str) -> Result<PathBuf, VolumeError>;
    /// Makes the working directory of an attempt, with the volumes shown in it.
    async fn work_dir(
        &self,
        run: RunId,
        step: StepNo,
        attempt: u32,
        mounts: &[MountPoint],
    ) -> Result<PathBuf, VolumeError>;
    /// Returns `dir` below a working directory, created where missing; refuses to leave it (but may go into its mounts).
    async fn work_subdir(
        &self,
        work_dir: &std::path::Path,
        dir: &str,
    ) -> Result<PathBuf, VolumeError>;
    /// Removes the working directory of an ended attempt. Volumes stay.
    async fn work_dir_remove(&self, run: RunId, step: StepNo, attempt: u32);
    /// Removes all volumes of a run.
    async fn run_remove(&self, run: RunId);
    /// Gives `to` a copy of all volumes of `from`, cheap where the file system allows.
    /// False if `from` has none any more.
    async fn run_copy(&self, from: RunId, to: RunId) -> Result<bool, VolumeError>;

    async fn read(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        offset: u64,
        max: usize,
    ) -> Result<Vec<u8>, VolumeError>;
    async fn write(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), VolumeError>;
    async fn list(&self, run: RunId, volume: &str, path: &str) -> Result<Vec<Entry>, VolumeError>;
    async fn remove(&self, run: RunId, volume: &str, path: &str) -> Result<(), VolumeError>;
    async fn set_executable(&self, run: RunId, volume: &str, path: &str)
    -> Result<(), VolumeError>;

    /// Fills a volume from a cache, if it is not there yet in this run. True on a hit. The cache may
    /// be lent to the run, so that nobody else has it until the run keeps it again.
    async fn cache_restore(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError>;
    /// The same, and leaves the cache as it is: for one that is somebody else's.
    async fn cache_copy(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError>;
    /// Keeps the content of a volume as a cache. The volume may be used up by it.
    async fn cache_keep(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<(), VolumeError>;
    /// Removes all caches of a workspace other than `default`.
    async fn cache_forget(&self, workspace: WorkspaceId);
}
