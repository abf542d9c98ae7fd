//! Directories of runs on the local file system.
//!
//! `<root>/runs/<run>/volumes/<name>` are the volumes, `<root>/runs/<run>/work/<step>-<attempt>`
//! the working directories, which show volumes by relative symbolic links;
//! `<root>/caches/<pipeline>/<digest of the key>` is what outlives a run.
//!
//! Invariants:
//! - A path that a guest or a pipeline gives is resolved by the system beneath a directory that we
//!   opened (`openat2` with `RESOLVE_BENEATH`), so that no symbolic link leads out of it.
//! - A file is replaced as a whole, or not at all.
//! - A cache belongs to one run at a time: taking and keeping it are renames.

mod beneath;
mod cache;
mod copy;
mod name;
mod work;

use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kernel_model::event::StepNo;
use kernel_model::id::{PipelineId, RunId};
use kernel_ports::volume::{Entry, EntryKind, MountPoint, VolumeError, Volumes};

use beneath::Beneath;

/// Entries that are listed of one directory.
const ENTRIES_MAX: usize = 10_000;
/// Steps may run as another user: what they are given must be writable for them.
const OPEN_TO_ALL: u32 = 0o777;

/// The directories of runs.
#[derive(Debug, Clone)]
pub struct LocalVolumes {
    root: PathBuf,
}

impl LocalVolumes {
    /// Keeps everything below `root`, which exists.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn run_dir(&self, run: RunId) -> PathBuf {
        self.root.join("runs").join(run.to_string())
    }

    fn volumes_dir(&self, run: RunId) -> PathBuf {
        self.run_dir(run).join("volumes")
    }

    /// Returns a volume's directory, made where missing.
    fn volume_make(&self, run: RunId, volume: &str) -> Result<PathBuf, VolumeError> {
        let dir = self.volumes_dir(run).join(name::check(volume)?);
        if !dir.is_dir() {
            let io = |err| failed("create", volume, ".", err);
            std::fs::create_dir_all(&dir).map_err(io)?;
            let open = std::fs::Permissions::from_mode(OPEN_TO_ALL);
            std::fs::set_permissions(&dir, open).map_err(io)?;
        }
        Ok(dir)
    }

    fn beneath(&self, run: RunId, volume: &str) -> Result<Beneath, VolumeError> {
        let dir = self.volume_make(run, volume)?;
        Beneath::open(&dir).map_err(|err| failed("open", volume, ".", err))
    }

    fn file_read(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        offset: u64,
        max: usize,
    ) -> Result<Vec<u8>, VolumeError> {
        let place = name::path(path)?;
        let io = |err| failed("read", volume, path, err);
        let file = self.beneath(run, volume)?.file(&place).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(VolumeError::Path { path: path.to_owned(), reason: "it is no file" });
        }
        let mut bytes = vec![0; max];
        let mut filled = 0;
        while filled < max {
            match file.read_at(&mut bytes[filled..], offset + filled as u64).map_err(io)? {
                0 => break,
                n => filled += n,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn file_write(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), VolumeError> {
        let place = name::path(path)?;
        let io = |err| failed("write", volume, path, err);
        let (parent, file) = name::split(&place, path)?;
        let parent = self.beneath(run, volume)?.dir(parent, true).map_err(io)?;
        if append { parent.append(file, bytes) } else { parent.replace(file, bytes) }.map_err(io)
    }

    fn dir_list(&self, run: RunId, volume: &str, path: &str) -> Result<Vec<Entry>, VolumeError> {
        let place = name::path_or_root(path)?;
        let io = |err| failed("list", volume, path, err);
        let dir = self.beneath(run, volume)?.dir(&place, false).map_err(io)?;
        let mut entries = vec![];
        for entry in std::fs::read_dir(dir.as_path()).map_err(io)?.take(ENTRIES_MAX) {
            let entry = entry.map_err(io)?;
            let meta = entry.metadata().map_err(io)?;
            let kind = match meta.file_type() {
                t if t.is_file() => EntryKind::File,
                t if t.is_dir() => EntryKind::Directory,
                t if t.is_symlink() => EntryKind::Link,
                _ => EntryKind::Other,
            };
            let size = if kind == EntryKind::File { meta.len() } else { 0 };
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind,
                size,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn entry_remove(&self, run: RunId, volume: &str, path: &str) -> Result<(), VolumeError> {
        let place = name::path(path)?;
        let io = |err| failed("remove", volume, path, err);
        let (parent, file) = name::split(&place, path)?;
        let parent = match self.beneath(run, volume)?.dir(parent, false) {
            Ok(parent) => parent,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(err) => return Err(io(err)),
        };
        let entry = parent.as_path().join(file);
        match std::fs::symlink_metadata(&entry) {
            Ok(meta) if meta.is_dir() => copy::remove_all(&entry).map_err(io),
            Ok(_) => std::fs::remove_file(&entry).map_err(io),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(err) => Err(io(err)),
        }
    }

    fn file_set_executable(&self, run: RunId, volume: &str, path: &str) -> Result<(), VolumeError> {
        let place = name::path(path)?;
        let io = |err| failed("change", volume, path, err);
        let file = self.beneath(run, volume)?.file(&place).map_err(io)?;
        let mode = file.metadata().map_err(io)?.permissions().mode();
        file.set_permissions(std::fs::Permissions::from_mode(mode | 0o111)).map_err(io)
    }
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VolumeError> + Send + 'static,
) -> Result<T, VolumeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(err) => Err(failed("work on", "?", "?", std::io::Error::other(err))),
    }
}

fn failed(action: &'static str, volume: &str, path: &str, err: std::io::Error) -> VolumeError {
    let (volume, path) = (volume.to_owned(), path.to_owned());
    // Linux says EXDEV when a link leads out of the directory that was opened.
    match (err.kind(), err.raw_os_error()) {
        (std::io::ErrorKind::NotFound, _) => VolumeError::NotFound { volume, path },
        (std::io::ErrorKind::CrossesDevices, _) => {
            VolumeError::Path { path, reason: "it leads out of its volume" }
        }
        _ => VolumeError::Io { action, volume, path, err },
    }
}

#[async_trait]
impl Volumes for LocalVolumes {
    async fn volume_dir(&self, run: RunId, name: &str) -> Result<PathBuf, VolumeError> {
        let (this, name) = (self.clone(), name.to_owned());
        blocking(move || this.volume_make(run, &name)).await
    }

    async fn work_dir(
        &self,
        run: RunId,
        step: StepNo,
        attempt: u32,
        mounts: &[MountPoint],
    ) -> Result<PathBuf, VolumeError> {
        let (this, mounts) = (self.clone(), mounts.to_vec());
        blocking(move || this.work_make(run, step, attempt, &mounts)).await
    }

    async fn work_subdir(&self, work_dir: &Path, dir: &str) -> Result<PathBuf, VolumeError> {
        let (work_dir, dir) = (work_dir.to_owned(), dir.to_owned());
        blocking(move || work::subdir(&work_dir, &dir)).await
    }

    async fn work_dir_remove(&self, run: RunId, step: StepNo, attempt: u32) {
        let dir = self.work_path(run, step, attempt);
        let removed = tokio::task::spawn_blocking(move || copy::remove_all(&dir)).await;
        if let Ok(Err(err)) = removed {
            tracing::warn!(%run, step = step.0, attempt, "failed to remove a working directory: {err}");
        }
    }

    async fn run_remove(&self, run: RunId) {
        let dir = self.run_dir(run);
        let removed = tokio::task::spawn_blocking(move || {
            copy::remove_all(&dir.join("work"))?;
            copy::remove_all(&dir.join("volumes"))
        });
        if let Ok(Err(err)) = removed.await {
            tracing::warn!(%run, "failed to remove the volumes of a run: {err}");
        }
    }

    async fn run_copy(&self, from: RunId, to: RunId) -> Result<bool, VolumeError> {
        let (from, to) = (self.volumes_dir(from), self.volumes_dir(to));
        blocking(move || {
            if !from.is_dir() {
                return Ok(false);
            }
            copy::copy_all(&from, &to).map_err(|err| failed("copy", "all", ".", err))?;
            Ok(true)
        })
        .await
    }

    async fn read(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        offset: u64,
        max: usize,
    ) -> Result<Vec<u8>, VolumeError> {
        let (this, volume, path) = (self.clone(), volume.to_owned(), path.to_owned());
        blocking(move || this.file_read(run, &volume, &path, offset, max)).await
    }

    async fn write(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), VolumeError> {
        let (this, volume, path) = (self.clone(), volume.to_owned(), path.to_owned());
        let bytes = bytes.to_vec();
        blocking(move || this.file_write(run, &volume, &path, &bytes, append)).await
    }

    async fn list(&self, run: RunId, volume: &str, path: &str) -> Result<Vec<Entry>, VolumeError> {
        let (this, volume, path) = (self.clone(), volume.to_owned(), path.to_owned());
        blocking(move || this.dir_list(run, &volume, &path)).await
    }

    async fn remove(&self, run: RunId, volume: &str, path: &str) -> Result<(), VolumeError> {
        let (this, volume, path) = (self.clone(), volume.to_owned(), path.to_owned());
        blocking(move || this.entry_remove(run, &volume, &path)).await
    }

    async fn set_executable(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
    ) -> Result<(), VolumeError> {
        let (this, volume, path) = (self.clone(), volume.to_owned(), path.to_owned());
        blocking(move || this.file_set_executable(run, &volume, &path)).await
    }

    async fn cache_restore(
        &self,
        pipeline: PipelineId,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError> {
        let (this, key, volume) = (self.clone(), key.to_owned(), volume.to_owned());
        blocking(move || this.cache_take(pipeline, &key, run, &volume)).await
    }

    async fn cache_keep(
        &self,
        pipeline: PipelineId,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<(), VolumeError> {
        let (this, key, volume) = (self.clone(), key.to_owned(), volume.to_owned());
        blocking(move || this.cache_put(pipeline, &key, run, &volume)).await
    }
}

#[cfg(test)]
mod tests;
