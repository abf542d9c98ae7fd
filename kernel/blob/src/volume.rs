//! The directories of runs.

mod beneath;
mod cache;
mod name;
mod work;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};
use kernel_ports::volume::{CacheScope, Entry, MountPoint, VolumeError, Volumes};
use tokio::task::spawn_blocking;

pub(crate) use beneath::Beneath;
pub(crate) use cache::CacheLocks;
pub(crate) use name::volume_name;

use crate::storage::Storage;
use crate::{removal, shared_dir, tree_copy};
use name::inner_path;

/// Which file, for errors.
#[derive(Debug, Clone)]
struct Place {
    action: &'static str,
    volume: String,
    path: String,
}

impl Place {
    fn new(action: &'static str, volume: &str, path: &str) -> Self {
        Self { action, volume: volume.to_owned(), path: path.to_owned() }
    }

    fn lost(self, err: io::Error) -> VolumeError {
        let Self { action, volume, path } = self;
        match err.kind() {
            ErrorKind::NotFound => VolumeError::NotFound { volume, path },
            // What `openat2` says about a step out of the volume.
            ErrorKind::CrossesDevices => VolumeError::Path {
                path,
                reason: "a symbolic link on the way leads out of the volume",
            },
            _ => VolumeError::Io { action, volume, path, err },
        }
    }
}

/// Runs `work` where it may block.
async fn blocking<T: Send + 'static>(
    place: Place,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, VolumeError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|err| Err(io::Error::other(err))).map_err(|err| place.lost(err))
}

impl Storage {
    /// Runs a file operation in a volume. One that does not exist is made if `creates`.
    async fn in_volume<T: Send + 'static>(
        &self,
        run: RunId,
        place: Place,
        creates: bool,
        work: impl FnOnce(&Beneath, &str) -> io::Result<T> + Send + 'static,
    ) -> Result<T, VolumeError> {
        volume_name(&place.volume)?;
        let path = inner_path(&place.path)?;
        let dir = self.layout.volume(run, &place.volume);
        blocking(place, move || {
            if creates {
                shared_dir::make(&dir)?;
            }
            work(&Beneath::open(&dir)?, &path)
        })
        .await
    }
}

/// Refuses what would be the volume itself.
fn not_the_root(path: &str) -> Result<(), VolumeError> {
    let reason = "it names the volume itself; give the path of a file in it";
    match inner_path(path)?.as_str() {
        "." => Err(VolumeError::Path { path: path.to_owned(), reason }),
        _ => Ok(()),
    }
}

#[async_trait]
impl Volumes for Storage {
    async fn volume_dir(&self, run: RunId, name: &str) -> Result<PathBuf, VolumeError> {
        volume_name(name)?;
        let dir = self.layout.volume(run, name);
        blocking(Place::new("create", name, "."), move || {
            shared_dir::make(&dir)?;
            Ok(dir)
        })
        .await
    }

    async fn work_dir(
        &self,
        run: RunId,
        step: StepNo,
        attempt: u32,
        mounts: &[MountPoint],
    ) -> Result<PathBuf, VolumeError> {
        let links = work::plan(mounts)?;
        let links = links.into_iter().map(|MountPoint { volume, path }| {
            let dir = self.layout.volume(run, &volume);
            (path, volume, dir)
        });
        let (links, dir) = (links.collect(), self.layout.work(run, step, attempt));
        let done = spawn_blocking(move || work::make(&dir, links).map(|()| dir)).await;
        done.unwrap_or_else(|err| Err(Place::new("create", "", ".").lost(io::Error::other(err))))
    }

    async fn work_subdir(&self, work_dir: &Path, dir: &str) -> Result<PathBuf, VolumeError> {
        let path = inner_path(dir.trim_start_matches('/'))?;
        let reason = "the directory that it starts from is not a working directory";
        let volumes = self.layout.volumes_of_work(work_dir);
        let volumes = volumes.ok_or_else(|| VolumeError::Path { path: dir.to_owned(), reason })?;
        let work_dir = work_dir.to_owned();
        let place = Place::new("create", "", dir);
        blocking(place, move || work::subdir(&work_dir, &volumes, &path)).await
    }

    async fn work_dir_remove(&self, run: RunId, step: StepNo, attempt: u32) {
        let dir = self.layout.work(run, step, attempt);
        let removed = spawn_blocking(move || removal::remove_tree(&dir)).await;
        if let Ok(Err(err)) = removed {
            tracing::warn!(%run, step = step.0, "failed to remove a working directory: {err}");
        }
    }

    async fn run_remove(&self, run: RunId) {
        let dirs = [self.layout.works(run), self.layout.volumes(run)];
        let whole = self.layout.run(run);
        let removed = spawn_blocking(move || {
            let removed = dirs.iter().try_for_each(|dir| removal::remove_tree(dir));
            // Goes only when no logs are left of the run.
            let _ = std::fs::remove_dir(whole);
            removed
        });
        if let Ok(Err(err)) = removed.await {
            tracing::warn!(%run, "failed to remove the volumes: {err}");
        }
    }

    async fn run_copy(&self, from: RunId, to: RunId) -> Result<bool, VolumeError> {
        let (source, target) = (self.layout.volumes(from), self.layout.volumes(to));
        let whole = self.layout.run(to);
        blocking(Place::new("copy to the new run", "", "."), move || {
            if !source.is_dir() {
                return Ok(false);
            }
            std::fs::create_dir_all(whole)?;
            let copied = tree_copy::copy_tree(&source, &target);
            if copied.is_err() {
                let _ = removal::remove_tree(&target);
            }
            copied.map(|()| true)
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
        let place = Place::new("read", volume, path);
        self.in_volume(run, place, false, move |beneath, path| beneath.read(path, offset, max))
            .await
    }

    async fn write(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
        bytes: &[u8],
        append: bool,
    ) -> Result<(), VolumeError> {
        not_the_root(path)?;
        let (place, bytes) = (Place::new("write", volume, path), bytes.to_vec());
        self.in_volume(run, place, true, move |beneath, path| match append {
            true => beneath.append(path, &bytes),
            false => beneath.replace(path, &bytes),
        })
        .await
    }

    async fn list(&self, run: RunId, volume: &str, path: &str) -> Result<Vec<Entry>, VolumeError> {
        let place = Place::new("list", volume, path);
        self.in_volume(run, place, false, Beneath::list).await
    }

    async fn remove(&self, run: RunId, volume: &str, path: &str) -> Result<(), VolumeError> {
        not_the_root(path)?;
        let place = Place::new("remove", volume, path);
        self.in_volume(run, place, false, Beneath::remove).await
    }

    async fn set_executable(
        &self,
        run: RunId,
        volume: &str,
        path: &str,
    ) -> Result<(), VolumeError> {
        let place = Place::new("make executable", volume, path);
        self.in_volume(run, place, false, Beneath::set_executable).await
    }

    async fn cache_restore(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError> {
        volume_name(volume)?;
        let (cache, dir) = (self.layout.cache(scope, key), self.layout.volume(run, volume));
        let locks = self.caches.clone();
        let place = Place::new("fill from the cache", volume, ".");
        blocking(place, move || cache::restore(&locks, &cache, &dir)).await
    }

    async fn cache_copy(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError> {
        volume_name(volume)?;
        let (cache, dir) = (self.layout.cache(scope, key), self.layout.volume(run, volume));
        let locks = self.caches.clone();
        let place = Place::new("fill from the cache", volume, ".");
        blocking(place, move || cache::copy(&locks, &cache, &dir)).await
    }

    async fn cache_keep(
        &self,
        scope: CacheScope,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<(), VolumeError> {
        volume_name(volume)?;
        let (cache, dir) = (self.layout.cache(scope, key), self.layout.volume(run, volume));
        let locks = self.caches.clone();
        let place = Place::new("keep as a cache", volume, ".");
        blocking(place, move || cache::keep(&locks, &cache, &dir)).await
    }

    async fn cache_forget(&self, workspace: WorkspaceId) {
        if workspace == WorkspaceId::DEFAULT {
            return;
        }
        let caches = self.layout.caches();
        let removed = spawn_blocking(move || cache::forget(&caches, &workspace.to_string())).await;
        if let Ok(Err(err)) = removed {
            tracing::warn!(%workspace, "failed to remove the caches: {err}");
        }
    }
}
