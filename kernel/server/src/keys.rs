//! Where the server key comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use kernel_host::{NativeFault, NativeKeyring, Natives};
use kernel_keyring::{Ring, ServerKey, ServerKeyError, Source};
use kernel_settings::table::{plugins, secrets};
use kernel_settings::{Bug, Setting, Settings};
use zeroize::Zeroizing;

/// Shorter ones salt nothing.
const SALT_LEN_MIN: usize = 8;
/// Beside projects, in the data folder.
const FOLDER: &str = "keyring";

/// Where the server key comes from.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    place: Place,
    /// Whether somebody should know that this server has made its own key.
    is_server: bool,
}

#[derive(Debug, Clone)]
enum Place {
    /// Words, or a file.
    Here(Source),
    Device(Device),
}

/// A device that a native plugin reaches. Nothing of it is loaded before the keyring is opened.
#[derive(Clone)]
struct Device {
    library: PathBuf,
    allowed: Natives,
    /// It may hold a PIN.
    config: Zeroizing<String>,
}

impl Keys {
    /// A key that is made where there is none.
    pub(crate) fn own() -> Self {
        Self { place: Place::Here(Source::Generated), is_server: false }
    }

    /// The operator's key or device, if the settings have one, else a key that is made.
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let place = match Device::of(settings)? {
            Some(device) => Place::Device(device),
            None => Place::Here(given(settings)?),
        };
        Ok(Self { place, is_server: true })
    }

    /// Opens the keyring in the data folder.
    pub(crate) fn open(&self, data: &Path) -> anyhow::Result<Ring> {
        let source = match &self.place {
            Place::Here(source) => source.clone(),
            Place::Device(device) => device.open()?,
        };
        let ring = Ring::open(&data.join(FOLDER), source)?;
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

/// Returns the key of the settings, or that one is made.
fn given(settings: &Settings) -> anyhow::Result<Source> {
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
    Ok(match key {
        Some(key) => Source::Given { key, salt, from: secrets::KEY.key.to_owned() },
        None if salt.is_some() => {
            bail!("secrets.salt is set without secrets.key; give both, or neither")
        }
        None => Source::Generated,
    })
}

impl Device {
    fn of(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let Some(library) = settings.get::<Option<PathBuf>>(&secrets::KEYRING)? else {
            return Ok(None);
        };
        let allowed: Vec<String> = settings.get(&plugins::NATIVE_ALLOWED)?;
        let config: Option<String> = settings.get(&secrets::KEYRING_CONFIG)?;
        Ok(Some(Self {
            library,
            allowed: Natives::allow(allowed)?,
            config: Zeroizing::new(config.unwrap_or_else(|| "{}".to_owned())),
        }))
    }

    /// Loads the plugin, if it is allowed, and opens the device.
    fn open(&self) -> anyhow::Result<Source> {
        let plugin = self.allowed.load(&self.library)?;
        let keyring = plugin.keyring(&self.config).context("the server key cannot be reached")?;
        let name = keyring.name().to_owned();
        Ok(Source::Held { name, key: Arc::new(HeldKey(keyring)) })
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("library", &self.library).finish_non_exhaustive()
    }
}

/// A server key that never leaves its device.
struct HeldKey(NativeKeyring);

impl ServerKey for HeldKey {
    fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        self.0.wrap(name, key).map_err(refusal)
    }

    fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        self.0.unwrap(name, wrapped).map_err(refusal)
    }
}

fn refusal(fault: NativeFault) -> ServerKeyError {
    match fault {
        NativeFault::Denied { .. } => ServerKeyError::Refused,
        NativeFault::NoKeyring { .. }
        | NativeFault::Invalid { .. }
        | NativeFault::Unavailable { .. }
        | NativeFault::Unsupported { .. }
        | NativeFault::Internal { .. } => ServerKeyError::Device { err: Box::new(fault) },
    }
}
