//! Where the server key comes from.

use std::path::Path;

use anyhow::bail;
use kernel_keyring::{Ring, Source};
use kernel_settings::table::secrets;
use kernel_settings::{Bug, Setting, Settings};
use zeroize::Zeroizing;

/// Shorter ones salt nothing.
const SALT_LEN_MIN: usize = 8;
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

    /// The operator's key, if the settings have one, else one that is made.
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let bytes = |row: &'static Setting| -> Result<_, Bug> {
            let text: Option<String> = settings.get(row)?;
            Ok(text.map(|text| Zeroizing::new(text.into_bytes())))
        };
        let (key, salt) = (bytes(&secrets::KEY)?, bytes(&secrets::SALT)?);
        if let Some(salt) = &salt
            && salt.len() < SALT_LEN_MIN
        {
            bail!("secrets.salt has {} bytes; give at least {SALT_LEN_MIN}", salt.len());
        }
        let source = match key {
            Some(key) => Source::Given { key, salt, from: secrets::KEY.key.to_owned() },
            None if salt.is_some() => {
                bail!("secrets.salt is set without secrets.key; give both, or neither")
            }
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
