//! Directories of the run, by handle; no path of the host is ever seen.
//!
//! Paths are relative, separated by `/`, without `..`.

use crate::error::{Error, Result};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::workspace as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::workspace as host;

/// What one write may carry (`workspace.volume.write`).
const WRITE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What one read may carry (`workspace.volume.read`).
const READ_BYTES_MAX: u32 = 1024 * 1024;

/// A named directory that lives as long as its run.
#[derive(Debug)]
pub struct Volume(host::Volume);

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    File,
    Directory,
    Link,
    Other,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Without the directory.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// In bytes, 0 for what is no file.
    pub size: u64,
}

impl Volume {
    /// Opens the run's volume of that name, and creates it where it is missing.
    pub fn open(name: &str) -> Result<Self> {
        Ok(Self(host::open(name)?))
    }

    /// Reads a file of at most `max` bytes; a longer one is an error.
    pub fn read(&self, path: &str, max: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let part = self.0.read(path, bytes.len() as u64, READ_BYTES_MAX)?;
            bytes.extend_from_slice(&part);
            if bytes.len() > max {
                return Err(Error::new(
                    "limit",
                    format!("the file {path:?} is longer than the {max} bytes that are read of it"),
                ));
            }
            if part.len() < READ_BYTES_MAX as usize {
                return Ok(bytes);
            }
        }
    }

    /// Reads a text of at most `max` bytes.
    pub fn read_text(&self, path: &str, max: usize) -> Result<String> {
        String::from_utf8(self.read(path, max)?)
            .map_err(|_| Error::invalid(format!("the file {path:?} is no text in UTF-8")))
    }

    /// Replaces a file, and creates the directories on the way.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let bytes = bytes.as_ref();
        let (first, rest) = bytes.split_at(bytes.len().min(WRITE_BYTES_MAX));
        self.0.write(path, first)?;
        for part in rest.chunks(WRITE_BYTES_MAX) {
            self.0.append(path, part)?;
        }
        Ok(())
    }

    /// Appends to a file, and creates it where it is missing.
    pub fn append(&self, path: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        for part in bytes.as_ref().chunks(WRITE_BYTES_MAX) {
            self.0.append(path, part)?;
        }
        Ok(())
    }

    /// Lists a directory by name, at most 10,000 entries. The empty path is the volume itself.
    pub fn list(&self, path: &str) -> Result<Vec<Entry>> {
        Ok(self.0.list(path)?.into_iter().map(Entry::from).collect())
    }

    /// Removes a file, or a directory with all that is in it. What is not there is no error.
    pub fn remove(&self, path: &str) -> Result<()> {
        Ok(self.0.remove(path)?)
    }

    /// Marks a file as executable.
    pub fn set_executable(&self, path: &str) -> Result<()> {
        Ok(self.0.set_executable(path)?)
    }
}

impl From<host::Entry> for Entry {
    fn from(entry: host::Entry) -> Self {
        let kind = match entry.kind {
            host::Kind::File => Kind::File,
            host::Kind::Directory => Kind::Directory,
            host::Kind::Link => Kind::Link,
            host::Kind::Other => Kind::Other,
        };
        Self { name: entry.name, kind, size: entry.size }
    }
}
