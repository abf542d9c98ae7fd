//! Caches: a volume that waits for the next run.
//!
//! A cache is taken by renaming it into the run, so one run has it at a time, at no cost; another
//! one that comes meanwhile misses it. It comes back the same way when its run ends. One that is
//! only inherited is copied, so that its owner never misses it, nor sees what others make of it.

use std::fs;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{removal, tree_copy};

/// How many locks there are for all caches: a copy may take long, and should hold up few others.
const LOCKS: usize = 64;

/// A cache is moved by one at a time, and not while it is copied.
#[derive(Debug, Clone)]
pub(crate) struct CacheLocks(Arc<[RwLock<()>]>);

impl Default for CacheLocks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| RwLock::default()).collect())
    }
}

impl CacheLocks {
    fn of(&self, cache: &Path) -> &RwLock<()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(cache);
        &self.0[usize::try_from(hash % LOCKS as u64).unwrap_or(0)]
    }

    fn moves(&self, cache: &Path) -> RwLockWriteGuard<'_, ()> {
        self.of(cache).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn copies(&self, cache: &Path) -> RwLockReadGuard<'_, ()> {
        self.of(cache).read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fills a volume that is missing or empty. False if there is no cache, or the volume has something.
pub(super) fn restore(locks: &CacheLocks, cache: &Path, volume: &Path) -> io::Result<bool> {
    let _alone = locks.moves(cache);
    if !is_free(volume) || !cache.is_dir() {
        return Ok(false);
    }
    move_tree(cache, volume)?;
    Ok(true)
}

/// The same by a copy.
pub(super) fn copy(locks: &CacheLocks, cache: &Path, volume: &Path) -> io::Result<bool> {
    /// Two steps of a run may want the same volume filled at the same time.
    static COPIES: AtomicU64 = AtomicU64::new(0);
    let _still = locks.copies(cache);
    if !is_free(volume) || !cache.is_dir() {
        return Ok(false);
    }
    if let Some(parent) = volume.parent() {
        fs::create_dir_all(parent)?;
    }
    // Complete before it has its name.
    let part = beside(volume, &format!("{}.part", COPIES.fetch_add(1, Ordering::Relaxed)));
    let done = tree_copy::copy_tree(cache, &part).and_then(|()| fs::rename(&part, volume));
    if done.is_err() {
        let _ = removal::remove_tree(&part);
    }
    match done {
        // Somebody else was faster.
        Err(err) if err.kind() == ErrorKind::DirectoryNotEmpty => Ok(false),
        done => done.map(|()| true),
    }
}

/// Makes a volume the cache. One that is missing has been kept already.
pub(super) fn keep(locks: &CacheLocks, cache: &Path, volume: &Path) -> io::Result<()> {
    if !volume.is_dir() {
        return Ok(());
    }
    let old = beside(cache, "old");
    {
        let _alone = locks.moves(cache);
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

/// Removes the caches that lie in a directory of this name, whatever pipeline they are of.
pub(super) fn forget(caches: &Path, name: &str) -> io::Result<()> {
    let pipelines = match fs::read_dir(caches) {
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(()),
        pipelines => pipelines?,
    };
    for pipeline in pipelines {
        removal::remove_tree(&pipeline?.path().join(name))?;
    }
    Ok(())
}

/// Returns whether a volume is missing or empty.
fn is_free(volume: &Path) -> bool {
    match fs::read_dir(volume) {
        Ok(mut entries) => entries.next().is_none(),
        Err(err) => err.kind() == ErrorKind::NotFound,
    }
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
