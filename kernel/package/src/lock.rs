//! The lock file: which plugins, of which bytes, from where, signed by whom.
//!
//! It is what an operator commits and reviews: a fetched plugin that differs is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What the file is called unless somebody says otherwise.
pub const FILE: &str = "tenon-plugins.lock";
const VERSION: u32 = 1;
const HEAD: &str = "# Written by `tenon plugin`; it pins what is installed. Commit it.\n\n";

/// The plugins that are pinned, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<String, Entry>,
}

/// One pinned plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub version: String,
    /// Where it was fetched from.
    pub origin: String,
    pub digest: Digest,
    /// The name of the key in the trust store; none: it was unsigned.
    pub signer: Option<String>,
}

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} is no lock file: {reason}")]
    Toml { path: PathBuf, reason: String },
    #[error("{path} has the version {version}, which is newer than this program; update it")]
    Newer { path: PathBuf, version: u32 },
    #[error("{path} pins {name} twice; remove one")]
    Twice { path: PathBuf, name: String },
    #[error("failed to write {path}")]
    Write {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
}

/// How a plugin differs from what is pinned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("{name} is not in the lock file; pin it first")]
    Unknown { name: String },
    #[error(
        "{name} {version} has the digest {found}, but the lock file pins {wanted} for this \
         version; whoever replaced it must publish a new version"
    )]
    Replaced { name: String, version: String, wanted: Digest, found: Digest },
    #[error(
        "{name} has the digest {found}, but the lock file pins {wanted} (version {version}); \
         pin the new one if that is meant"
    )]
    Digest { name: String, version: String, wanted: Digest, found: Digest },
    #[error(
        "{name} was signed by {wanted:?}, but now by {found}; if that is meant, remove it from the \
         lock file and install it again"
    )]
    Signer { name: String, wanted: String, found: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    #[serde(default, rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    plugins: Vec<StoredEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEntry {
    name: String,
    version: String,
    origin: String,
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
}

impl Lock {
    /// Reads a lock file; one that is not there pins nothing.
    ///
    /// # Errors
    /// Fails when it cannot be read whole.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(err) => Err(LockError::Read { path: path.to_owned(), err }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, LockError> {
        let wrong = |reason| LockError::Toml { path: path.to_owned(), reason };
        // The version first: a newer file may hold what this program does not know.
        let table: toml::Table =
            text.parse().map_err(|err: toml::de::Error| wrong(err.to_string()))?;
        let version = table.get("version").and_then(toml::Value::as_integer);
        match version.and_then(|version| u32::try_from(version).ok()) {
            Some(version) if version > VERSION => {
                return Err(LockError::Newer { path: path.to_owned(), version });
            }
            Some(_) => {}
            None => return Err(wrong("it names no `version`".to_owned())),
        }
        let stored: Stored = toml::from_str(text).map_err(|err| wrong(err.to_string()))?;
        let mut lock = Self::default();
        for entry in stored.plugins {
            let name = entry.name;
            let digest = entry.digest.parse();
            let digest = digest.map_err(|err| wrong(format!("{name}: {err}")))?;
            if lock.entries.contains_key(&name) {
                return Err(LockError::Twice { path: path.to_owned(), name });
            }
            let (version, origin, signer) = (entry.version, entry.origin, entry.signer);
            lock.set(Entry { name, version, origin, digest, signer });
        }
        Ok(lock)
    }

    /// Writes the file whole, or not at all.
    ///
    /// # Errors
    /// Fails when the folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), LockError> {
        let failed = |err| LockError::Write { path: path.to_owned(), err };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        // It is to be read by others and committed; a temporary file is nobody else's.
        let readable = fs::Permissions::from_mode(0o644);
        let file = tempfile::Builder::new().permissions(readable).tempfile_in(folder);
        let mut file = file.map_err(failed)?;
        file.write_all(self.text().as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|err| failed(err.error))?;
        Ok(())
    }

    fn text(&self) -> String {
        let plugins = self.entries.values().map(|entry| StoredEntry {
            name: entry.name.clone(),
            version: entry.version.clone(),
            origin: entry.origin.clone(),
            digest: entry.digest.to_string(),
            signer: entry.signer.clone(),
        });
        let stored = Stored { version: VERSION, plugins: plugins.collect() };
        // Texts and numbers only: this cannot fail.
        HEAD.to_owned() + &toml::to_string(&stored).unwrap_or_default()
    }

    /// Pins a plugin, in place of the one with its name.
    pub fn set(&mut self, entry: Entry) {
        self.entries.insert(entry.name.clone(), entry);
    }

    /// Pins a plugin no more; returns whether it was pinned.
    pub fn remove(&mut self, name: &str) -> bool {
        self.entries.remove(name).is_some()
    }

    /// Returns what is pinned under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// Returns everything that is pinned.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Checks a fetched plugin. `locked` allows nothing but what is pinned; without it a new version
    /// may come, but no other bytes under a version that is known, and no other signer.
    ///
    /// # Errors
    /// Fails with the first difference that counts.
    pub fn check(&self, fetched: &Entry, locked: bool) -> Result<(), Mismatch> {
        let name = fetched.name.clone();
        let Some(pinned) = self.entries.get(&name) else {
            return if locked { Err(Mismatch::Unknown { name }) } else { Ok(()) };
        };
        if let Some(wanted) = &pinned.signer
            && fetched.signer.as_ref() != Some(wanted)
        {
            let found = fetched.signer.as_ref();
            let found = found.map_or("nobody".to_owned(), |signer| format!("{signer:?}"));
            return Err(Mismatch::Signer { name, wanted: wanted.clone(), found });
        }
        if pinned.digest == fetched.digest {
            return Ok(());
        }
        let (wanted, found) = (pinned.digest, fetched.digest);
        let version = pinned.version.clone();
        if pinned.version == fetched.version {
            return Err(Mismatch::Replaced { name, version, wanted, found });
        }
        if locked { Err(Mismatch::Digest { name, version, wanted, found }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
