//! Native plugins: shared libraries that are loaded into the server, for what a component cannot
//! reach, such as a device that holds a key.
//!
//! Invariants:
//! - Off by default. A library is loaded only if the SHA-256 of the very bytes that are loaded is on
//!   the operator's list: they are copied into sealed memory first, and loaded from there, so no
//!   file can be exchanged in between.
//! - Loaded once, never unloaded: what a library has started in the process cannot be undone.
//! - A library has all rights of the server. Nothing that a component or a pipeline says leads here.

mod entry;
mod file;
mod keyring;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sdk_native::abi;

pub use keyring::{NativeFault, NativeKeyring};

/// Why a native plugin was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    #[error(
        "{digest:?} is no SHA-256: expected 64 hexadecimal digits, as `sha256sum FILE` prints them"
    )]
    Digest { digest: String },
    #[error(
        "native plugins are off: to load {path}, allow it by its SHA-256, which is {found} \
         (--native-allowed {found})"
    )]
    Off { path: PathBuf, found: String },
    #[error(
        "{path} is not among the native plugins that are allowed: its SHA-256 is {found}; if you \
         trust this file, allow it with --native-allowed {found}"
    )]
    NotAllowed { path: PathBuf, found: String },
    #[error("failed to read the native plugin {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("the native plugin {path} is {found}; name a file that ends in .so")]
    NotFile { path: PathBuf, found: &'static str },
    #[error("others may change the native plugin {path} (mode {mode:o}): run `chmod go-w {path}`")]
    Writable { path: PathBuf, mode: u32 },
    #[error(
        "the native plugin {path} belongs to the user {uid}, who is neither root nor the server's; \
         run `chown root {path}`"
    )]
    Owner { path: PathBuf, uid: u32 },
    #[error("failed to copy the native plugin {path} into memory")]
    Memory {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} cannot be loaded as a library: {reason}")]
    Load { path: PathBuf, reason: String },
    #[error("{path} is a library, but no plugin of Tenon: it lacks the symbol tenon_native_plugin")]
    NoEntry { path: PathBuf },
    #[error("the native plugin {path} does not work with this server, and does not say why")]
    Refused { path: PathBuf },
    #[error(
        "the native plugin {path} speaks version {found} of the native interface, this server \
         version {known}; get the plugin that was built for it"
    )]
    Version { path: PathBuf, found: u32, known: u32 },
    #[error("the native plugin {path} is damaged: {reason}")]
    Damaged { path: PathBuf, reason: &'static str },
}

/// Which native plugins may be loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Natives {
    /// SHA-256 in lower-case hex.
    allowed: BTreeSet<String>,
}

/// A library that was loaded, which it stays.
#[derive(Clone)]
pub struct NativePlugin {
    plugin: &'static abi::Plugin,
    name: String,
    version: String,
    digest: String,
}

/// What was loaded, by digest.
static LOADED: Mutex<BTreeMap<String, NativePlugin>> = Mutex::new(BTreeMap::new());

impl Natives {
    /// Allows the libraries of these digests; of none, native plugins are off.
    pub fn allow(
        digests: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, NativeError> {
        let mut allowed = BTreeSet::new();
        for digest in digests {
            let digest = digest.into();
            let lower = digest.trim().to_ascii_lowercase();
            if lower.len() != 64 || !lower.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(NativeError::Digest { digest });
            }
            allowed.insert(lower);
        }
        Ok(Self { allowed })
    }

    /// Loads a library, if it is allowed. One that was loaded before is not loaded again.
    pub fn load(&self, path: &Path) -> Result<NativePlugin, NativeError> {
        let sealed = file::seal(path)?;
        let found = sealed.digest.clone();
        if self.allowed.is_empty() {
            return Err(NativeError::Off { path: path.to_owned(), found });
        }
        if !self.allowed.contains(&found) {
            return Err(NativeError::NotAllowed { path: path.to_owned(), found });
        }
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = loaded.get(&found) {
            return Ok(plugin.clone());
        }
        let plugin = entry::load(path, sealed)?;
        let (name, version) = (&*plugin.name, &*plugin.version);
        tracing::info!(name, version, digest = found, "native plugin loaded");
        loaded.insert(found, plugin.clone());
        Ok(plugin)
    }
}

impl NativePlugin {
    /// Returns what the library calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version of the library.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the SHA-256 of the library in lower-case hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl fmt::Debug for NativePlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativePlugin")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
