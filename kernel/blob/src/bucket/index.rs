//! What the buckets of a binding hold, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::path::Path;
use std::time::UNIX_EPOCH;

use kernel_model::time::Time;
use kernel_ports::bucket::{BucketItem, BucketLimits};

use super::{HEAD, path_of};

/// The names of files that are being written end so.
pub(super) const NEW: &str = "new";

/// What is there, by bucket and key.
#[derive(Debug, Default)]
pub(super) struct Index {
    held: BTreeMap<String, Held>,
    bytes: u64,
    /// Of uploads that have not ended.
    bytes_coming: u64,
    coming: usize,
}

/// A stored blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) size: u64,
    pub(super) stored_at: Time,
}

impl Held {
    pub(super) fn item(self, key: &str) -> BucketItem {
        BucketItem { key: key.to_owned(), size: self.size, stored_at: self.stored_at }
    }
}

impl Index {
    /// Takes what `other` holds in place of what was held. Uploads that go on stay counted.
    pub(super) fn replace(&mut self, other: Self) {
        (self.held, self.bytes) = (other.held, other.bytes);
    }

    /// Reads the files of a folder, and removes what a crash has left half-written.
    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let mut index = Self::default();
        let entries = match fs::read_dir(dir) {
            Err(err) if err.kind() == ErrorKind::NotFound => return Ok(index),
            entries => entries?,
        };
        for entry in entries {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == NEW) {
                fs::remove_file(&file)?;
                continue;
            }
            let Some(path) = path_of(&file)? else {
                tracing::warn!(file = %file.display(), "a file among the buckets is no blob");
                continue;
            };
            let size = fs::metadata(&file)?.len().saturating_sub((HEAD + path.len()) as u64);
            index.insert(path, Held { size, stored_at: stored_at(&file)? });
        }
        Ok(index)
    }

    pub(super) fn get(&self, path: &str) -> Option<Held> {
        self.held.get(path).copied()
    }

    pub(super) fn insert(&mut self, path: String, held: Held) {
        self.bytes += held.size;
        if let Some(old) = self.held.insert(path, held) {
            self.bytes -= old.size;
        }
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.bytes -= self.held.remove(path).map_or(0, |old| old.size);
    }

    /// Returns what begins with a prefix, in order, after a path.
    pub(super) fn range<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a str, Held)> {
        let begin = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let all = self.held.range::<str, _>((begin, Bound::Unbounded));
        all.take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, held)| (path.as_str(), *held))
    }

    /// Makes room for one more blob, or says what would be too much.
    pub(super) fn begin(&mut self, path: &str, limits: BucketLimits) -> Result<(), String> {
        let is_new = !self.held.contains_key(path);
        if self.held.len() + self.coming + usize::from(is_new) > limits.keys {
            return Err(format!("{} blobs", limits.keys));
        }
        self.coming += 1;
        Ok(())
    }

    /// Makes room for more bytes of a blob that comes in place of what is at its path.
    pub(super) fn reserve(
        &mut self,
        path: &str,
        bytes: u64,
        limits: BucketLimits,
    ) -> Result<(), String> {
        let replaced = self.held.get(path).map_or(0, |old| old.size);
        let wanted = (self.bytes - replaced).saturating_add(self.bytes_coming + bytes);
        if wanted > limits.bytes {
            return Err(format!("{} bytes", limits.bytes));
        }
        self.bytes_coming += bytes;
        Ok(())
    }

    /// Gives back the room of an upload that has ended, whichever way.
    pub(super) fn end(&mut self, bytes: u64) {
        self.coming -= 1;
        self.bytes_coming -= bytes;
    }
}

/// Returns when a file was written.
pub(super) fn stored_at(file: &Path) -> io::Result<Time> {
    let modified = fs::metadata(file)?.modified()?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
