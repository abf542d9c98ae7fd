//! `keyring.json`: data keys, sealed by the server key.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::disk::Disk;
use crate::error::OpenError;
use crate::server_key::Cost;

const FORMAT: u32 = 1;

/// The file as it is written. Nothing in it is of use without the server key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RingFile {
    format: u32,
    /// The data key that seals from now on.
    pub(crate) current: String,
    /// The same keys, each time sealed by another server key: two of them during a rotation.
    pub(crate) locks: Vec<LockFile>,
}

/// All keys, sealed by one server key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LockFile {
    pub(crate) by: Maker,
    /// Something known, sealed: tells a wrong key from a damaged file.
    pub(crate) check: Bytes,
    /// The key that others are derived from; it is never replaced.
    pub(crate) root: Bytes,
    pub(crate) keys: BTreeMap<String, Bytes>,
}

/// How the server key is made from what the operator gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Maker {
    /// From words. Without a salt, the operator gives that too.
    Argon2id {
        #[serde(flatten)]
        cost: Cost,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        salt: Option<Bytes>,
    },
    /// It stays in a device.
    Held { name: String },
}

/// Bytes, as base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl RingFile {
    pub(crate) fn new(current: String, locks: Vec<LockFile>) -> Self {
        Self { format: FORMAT, current, locks }
    }

    /// Returns the device that the server key stays in; none if it is in none.
    pub(crate) fn device(&self) -> Option<&str> {
        self.locks.iter().find_map(|lock| match &lock.by {
            Maker::Held { name } => Some(name.as_str()),
            Maker::Argon2id { .. } => None,
        })
    }

    /// Reads the file; none if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, OpenError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(err) => return Err(OpenError::Read { path: path.to_owned(), err }),
        };
        let damaged = |err: serde_json::Error| OpenError::Damaged {
            path: path.to_owned(),
            reason: err.to_string(),
        };
        // Before the rest, which a newer version may have changed.
        let Format { format } = serde_json::from_slice(&bytes).map_err(damaged)?;
        if format > FORMAT {
            return Err(OpenError::Newer { path: path.to_owned(), found: format, known: FORMAT });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    pub(crate) fn write(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        disk.replace(path, &serde_json::to_vec_pretty(self)?)
    }
}
