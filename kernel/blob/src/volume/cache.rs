//! Caches: a volume that waits for the next run.
//!
//! A cache is taken by renaming it into the run, so one run has it at a time, at no cost; another
//! one that comes meanwhile misses it. It comes back the same way when its run ends.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{removal, tree_copy};

/// One cache is moved at a time; moves are short.
#[derive(Debug, Clone, Default)]
pub(crate) struct CacheLock(Arc<Mutex<()>>);

/// Fills a volume that is missing or empty. False if there is no cache, or the volume has something.
pub(super) fn restore(lock: &CacheLock, cache: &Path, volume: &Path) -> io::Result<bool> {
    let _one_at_a_time = lock.0.lock().unwrap_or_else(PoisonError::into_inner);
    let is_empty = match fs::read_dir(volume) {
        Ok(mut entries) => entries.next().is_none(),
        Err(err) => err.kind() == ErrorKind::NotFound,
    };
    if !is_empty || !cache.is_dir() {
        return Ok(false);
    }
    move_tree(cache, volume)?;
    Ok(true)
}

/// Makes a volume the cache. One that is missing has been kept already.
pub(super) fn keep(lock: &CacheLock, cache: &Path, volume: &Path) -> io::Result<()> {
    if !volume.is_dir() {
        return Ok(());
    }
    let old = beside(cache, "old");
    {
        let _one_at_a_time = lock.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A rest of a crash.
        removal::remove_tree(&old)?;
        match fs::rename(cache, &old) {
            Err(err) if err.kind() != ErrorKind::NotFound => return Err(err),
            _ => {}
        }
        if let Err(err) = move_tree(volume, cache) {
            // Better the old one than none.
            let _ = fs::rename(&old, cache);
            return Err(err);
        }
    }
    removal::remove_tree(&old)
}

fn move_tree(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::rename(from, to) {
        Err(err) if err.kind() == ErrorKind::CrossesDevices => {
            // Complete before it has its name.
            let part = beside(to, "part");
            removal::remove_tree(&part)?;
            tree_copy::copy_tree(from, &part)?;
            fs::rename(&part, to)?;
            removal::remove_tree(from)
        }
        done => done,
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{what}"))
}
