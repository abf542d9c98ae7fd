//! Bytes by key in a bucket of the binding. Granted by bucket name.
//!
//! Keys: 1 to 512 bytes, parts separated by `/`, none of them empty, `.` or `..`.

use crate::error::Result;

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::blob as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::blob as host;

/// What one read may carry (`blob.bucket.read`).
const READ_BYTES_MAX: u32 = 1024 * 1024;
/// What one write may carry (`blob.upload.write`).
const WRITE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is known of a stored blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Within its bucket.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// When it was stored, in ms since the Unix epoch.
    pub stored_at_ms: u64,
}

/// A granted bucket.
#[derive(Debug)]
pub struct Bucket(host::Bucket);

/// A blob that is being stored. Dropped without [`finish`](Self::finish), it was never there.
#[derive(Debug)]
pub struct Upload(host::Upload);

/// Opens a bucket by its name.
pub fn open(name: &str) -> Result<Bucket> {
    Ok(Bucket(host::open(name)?))
}

impl Bucket {
    /// Reads at most `max` bytes (1 MiB at most) from `offset`. Fewer mean the end.
    pub fn read(&self, key: &str, offset: u64, max: u32) -> Result<Vec<u8>> {
        Ok(self.0.read(key, offset, max)?)
    }

    /// Reads a whole blob.
    pub fn get(&self, key: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let part = self.read(key, bytes.len() as u64, READ_BYTES_MAX)?;
            bytes.extend_from_slice(&part);
            if part.len() < READ_BYTES_MAX as usize {
                return Ok(bytes);
            }
        }
    }

    /// Returns what is known of a blob, if it is there.
    pub fn info(&self, key: &str) -> Result<Option<Info>> {
        Ok(self.0.info(key)?.map(info))
    }

    /// Lists blobs with a prefix in order of their keys, after `after`, at most 1,000.
    pub fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Info>> {
        Ok(self.0.list(prefix, after)?.into_iter().map(info).collect())
    }

    /// Removes a blob. What is not there is no error.
    pub fn remove(&self, key: &str) -> Result<()> {
        Ok(self.0.remove(key)?)
    }

    /// Stores a whole blob, in place of an older one.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<Info> {
        let upload = self.upload(key)?;
        upload.write(bytes)?;
        upload.finish()
    }

    /// Begins to store a blob. It is there, in place of an older one, once it is finished.
    pub fn upload(&self, key: &str) -> Result<Upload> {
        Ok(Upload(self.0.upload(key)?))
    }
}

impl Upload {
    /// Appends bytes, in as many pieces as it takes.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.chunks(WRITE_BYTES_MAX) {
            self.0.write(piece)?;
        }
        Ok(())
    }

    /// Ends the upload.
    pub fn finish(self) -> Result<Info> {
        Ok(info(self.0.finish()?))
    }
}

fn info(info: host::Info) -> Info {
    Info { key: info.key, size: info.size, stored_at_ms: info.stored_at_ms }
}
