//! Whom plugins are trusted from: named public keys, each with the origins that it may sign for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::key::{self, KeyError, PublicKey, Verdict};
use crate::package::Package;
use crate::signature::Signature;

mod pattern;

pub use pattern::{Pattern, PatternError};

/// The keys of an operator.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    keys: BTreeMap<String, Key>,
}

/// A key with its rights.
#[derive(Debug, Clone)]
pub struct Key {
    pub public: PublicKey,
    pub origins: Vec<Pattern>,
}

/// What is known of a package's signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// A known key made one of them, over these bytes, and may do so for this origin.
    Trusted { key: String },
    /// No known key made any. To be used only if somebody says so.
    Unsigned,
    /// Something is wrong, so that nobody's word helps.
    Refused { reason: String },
}

/// Why a trust store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} is no trust store: {reason}")]
    Toml { path: PathBuf, reason: String },
    #[error("{path}: key {name:?} needs either `key` (its text) or `file` (where it lies)")]
    NoKey { path: PathBuf, name: String },
    #[error("{path}: key {name:?} cannot be used")]
    Key {
        path: PathBuf,
        name: String,
        #[source]
        err: KeyError,
    },
    #[error("{path}: key {name:?} may sign for nothing; name its `origins`, or \"*\" for all")]
    NoOrigins { path: PathBuf, name: String },
    #[error("{path}: origins of key {name:?}")]
    Origin {
        path: PathBuf,
        name: String,
        #[source]
        err: PatternError,
    },
    #[error("{path}: key {name:?} is there twice; remove one")]
    Twice { path: PathBuf, name: String },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default)]
    keys: BTreeMap<String, StoredKey>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    key: Option<String>,
    file: Option<PathBuf>,
    #[serde(default)]
    origins: Vec<String>,
}

impl TrustStore {
    /// Reads a store: a TOML file, or all `*.toml` of a folder.
    ///
    /// # Errors
    /// Fails when anything in it cannot be used: half a trust store is none.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let failed = |err| TrustError::Read { path: path.to_owned(), err };
        let mut store = Self::default();
        if path.is_dir() {
            let mut files = Vec::new();
            for entry in fs::read_dir(path).map_err(failed)? {
                files.push(entry.map_err(failed)?.path());
            }
            files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
            files.sort();
            for file in files {
                store.file_add(&file)?;
            }
        } else {
            store.file_add(path)?;
        }
        Ok(store)
    }

    fn file_add(&mut self, path: &Path) -> Result<(), TrustError> {
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|err| TrustError::Read { path: path.to_owned(), err })
        };
        let text = read(path)?;
        let stored: Stored = toml::from_str(&text)
            .map_err(|err| TrustError::Toml { path: path.to_owned(), reason: err.to_string() })?;
        for (name, stored) in stored.keys {
            let path = path.to_owned();
            let text = match (stored.key, stored.file) {
                (Some(text), None) => text,
                (None, Some(file)) => {
                    read(&path.parent().unwrap_or_else(|| Path::new(".")).join(file))?
                }
                _ => return Err(TrustError::NoKey { path, name }),
            };
            let public = match PublicKey::parse(&text) {
                Ok(public) => public,
                Err(err) => return Err(TrustError::Key { path, name, err }),
            };
            let origins: Result<Vec<Pattern>, _> =
                stored.origins.iter().map(|origin| origin.parse()).collect();
            match origins {
                Err(err) => return Err(TrustError::Origin { path, name, err }),
                Ok(origins) if origins.is_empty() => {
                    return Err(TrustError::NoOrigins { path, name });
                }
                Ok(_) if self.keys.contains_key(&name) => {
                    return Err(TrustError::Twice { path, name });
                }
                Ok(origins) => self.key_add(name, Key { public, origins }),
            }
        }
        Ok(())
    }

    /// Adds a key, or replaces the one of the same name.
    pub fn key_add(&mut self, name: String, key: Key) {
        self.keys.insert(name, key);
    }

    /// Returns the keys with their names.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &Key)> {
        self.keys.iter().map(|(name, key)| (name.as_str(), key))
    }

    /// Judges a package by its signatures.
    #[must_use]
    pub fn judge(&self, package: &Package) -> Trust {
        let origin = &package.origin;
        if origin.split('/').any(|part| part == "..") {
            // No pattern covers it, so that nothing could be expected of it either.
            let reason = format!("its origin {origin} has `..` in it; name it without");
            return Trust::Refused { reason };
        }
        let mut refused = None;
        for signature in &package.signatures {
            for (name, key) in &self.keys {
                match key.public.verdict(signature, package) {
                    Verdict::Good if key.covers(origin) => {
                        return Trust::Trusted { key: name.clone() };
                    }
                    Verdict::Good => {
                        let reason = format!(
                            "it is signed by {name:?}, which may not sign for {origin}; add the \
                             origin to the key in the trust store if it should"
                        );
                        refused = refused.or(Some(reason));
                    }
                    Verdict::Bad(reason) => {
                        let reason = format!(
                            "the {} signature of {name:?} is bad: {reason}; fetch the plugin \
                             again, and ask its author if that does not help",
                            signature.kind()
                        );
                        refused = refused.or(Some(reason));
                    }
                    Verdict::Foreign => {}
                }
            }
        }
        if let Some(reason) = refused {
            return Trust::Refused { reason };
        }
        match self.owners(origin)[..] {
            [] => Trust::Unsigned,
            ref owners => Trust::Refused { reason: missing(package, owners) },
        }
    }

    /// Returns the keys that name this origin, so that nothing unsigned is expected from there: else
    /// leaving a signature out would do what forging one cannot.
    fn owners(&self, origin: &str) -> Vec<&str> {
        let named = |key: &Key| key.origins.iter().any(|p| !p.is_any() && p.covers(origin));
        self.keys.iter().filter(|(_, key)| named(key)).map(|(name, _)| name.as_str()).collect()
    }
}

fn missing(package: &Package, owners: &[&str]) -> String {
    let origin = &package.origin;
    let made = package.signatures.iter().map(|signature| match signature {
        Signature::Minisign(text) => key::minisign_number(text)
            .map_or("minisign, damaged".to_owned(), |n| format!("minisign key {}", key::shown(n))),
        Signature::Simple { .. } | Signature::Detached(_) => {
            format!("an unknown {} key", signature.kind())
        }
    });
    let made: Vec<String> = made.collect();
    let found = if made.is_empty() {
        "it is not signed".to_owned()
    } else {
        format!("no known key made its signatures ({}), or it was changed", made.join(", "))
    };
    let owners: Vec<String> = owners.iter().map(|owner| format!("{owner:?}")).collect();
    let owners = match &owners[..] {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        owners => owners.concat(),
    };
    format!("{found}; what comes from {origin} must be signed by {owners}, as the trust store says")
}

impl Key {
    fn covers(&self, origin: &str) -> bool {
        self.origins.iter().any(|pattern| pattern.covers(origin))
    }
}

#[cfg(test)]
mod tests;
