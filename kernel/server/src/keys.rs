//! Where the server key comes from.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use kernel_keyring::{Ring, Source};
use zeroize::Zeroizing;

/// The key itself, for those who have no files.
const KEY: &str = "TENON_KEY";
/// What the key is salted with, for those who must give it.
const SALT: &str = "TENON_SALT";
/// Beside projects, in the data folder.
const FOLDER: &str = "keyring";

/// Where the server key comes from.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    source: Source,
    /// Whether somebody should know that this server has made its own key.
    is_server: bool,
}

impl Keys {
    /// A key that is made where there is none.
    pub(crate) fn own() -> Self {
        Self { source: Source::Generated, is_server: false }
    }

    /// The operator's key: from a file or the environment, else one that is made.
    pub(crate) fn given(file: Option<&Path>) -> anyhow::Result<Self> {
        let from_env = |name: &str| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty());
            value.map(|value| Zeroizing::new(value.into_encoded_bytes()))
        };
        let (key, from) = match (file, from_env(KEY)) {
            (Some(_), Some(_)) => bail!("{KEY} and {KEY}_FILE are both set; leave one out"),
            (Some(path), None) => (Some(read(path)?), path.display().to_string()),
            (None, key) => (key, KEY.to_owned()),
        };
        let salt = from_env(SALT);
        if let Some(salt) = &salt
            && salt.len() < 8
        {
            bail!("{SALT} has {} bytes; give at least 8", salt.len());
        }
        let source = match key {
            Some(key) => Source::Given { key, salt, from },
            None if salt.is_some() => bail!("{SALT} is set without {KEY}; give both, or neither"),
            None => Source::Generated,
        };
        Ok(Self { source, is_server: true })
    }

    /// Opens the keyring in the data folder.
    pub(crate) fn open(&self, data: &Path) -> anyhow::Result<Ring> {
        let ring = Ring::open(&data.join(FOLDER), self.source.clone())?;
        if let Some(path) = ring.generated().filter(|_| self.is_server) {
            tracing::warn!(
                path = %path.display(),
                "MADE A KEY for the secrets of this server; keep a copy of it apart from the data: \
                 without it, secrets cannot be read, and with it and the data, everybody can"
            );
        }
        if ring.is_pending() {
            tracing::warn!(
                "the server key was rotated, but this server was started with the old one; \
                 start it with the new one"
            );
        }
        Ok(ring)
    }
}

fn read(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let key = fs::read(path).map(Zeroizing::new);
    let mut key = key.with_context(|| format!("failed to read the key in {}", path.display()))?;
    while key.last().is_some_and(u8::is_ascii_whitespace) {
        key.pop();
    }
    Ok(key)
}
