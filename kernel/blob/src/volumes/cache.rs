//! Directories that outlive their run.

use std::io;
use std::path::{Path, PathBuf};

use kernel_model::id::{PipelineId, RunId};
use kernel_ports::volume::VolumeError;
use sha2::{Digest as _, Sha256};

use super::{LocalVolumes, beneath, copy, failed, name};

impl LocalVolumes {
    /// Moves a cache into a run. False if there is none, or if the run has the volume already.
    pub(super) fn cache_take(
        &self,
        pipeline: PipelineId,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<bool, VolumeError> {
        let io = |err| failed("restore", volume, ".", err);
        let target = self.volumes_dir(run).join(name::check(volume)?);
        if beneath::exists(&target) {
            return Ok(false);
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(io)?;
        }
        let hit = move_dir(&self.cache_path(pipeline, key), &target);
        match hit {
            Ok(()) => Ok(true),
            // Not there, or just taken by another run: a miss.
            Err(err) if err.kind() == io::ErrorKind::NotFound => {
                self.volume_make(run, volume).map(|_| false)
            }
            Err(err) => Err(io(err)),
        }
    }

    /// Moves a volume of a run into the cache, in place of what is there.
    pub(super) fn cache_put(
        &self,
        pipeline: PipelineId,
        key: &str,
        run: RunId,
        volume: &str,
    ) -> Result<(), VolumeError> {
        let io = |err| failed("keep", volume, ".", err);
        let source = self.volumes_dir(run).join(name::check(volume)?);
        if !source.is_dir() {
            return Ok(());
        }
        let cache = self.cache_path(pipeline, key);
        if let Some(parent) = cache.parent() {
            std::fs::create_dir_all(parent).map_err(io)?;
        }
        // Two renames: in between there is no cache, which is a miss.
        let old = cache.with_extension(format!("old-{run}"));
        match std::fs::rename(&cache, &old) {
            Ok(()) => {}
            Err(err) if err.kind() == io::ErrorKind::NotFound => {}
            Err(err) => return Err(io(err)),
        }
        let kept = move_dir(&source, &cache).map_err(io);
        copy::remove_all(&old).map_err(io)?;
        kept
    }

    fn cache_path(&self, pipeline: PipelineId, key: &str) -> PathBuf {
        let digest = Sha256::digest(key.as_bytes());
        let word: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.root.join("caches").join(pipeline.to_string()).join(word)
    }
}

/// Renames, or copies where the file systems differ.
fn move_dir(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(err) if err.kind() == io::ErrorKind::CrossesDevices => {
            copy::copy_all(from, to)?;
            copy::remove_all(from)
        }
        moved => moved,
    }
}
