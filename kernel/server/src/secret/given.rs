//! Secrets of the server as a whole that the configuration gives (`secrets.values`).
//!
//! They count as those of the server that a backend keeps, and before them; they are kept nowhere,
//! so that they are gone when the setting is.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, bail};
use kernel_ports::secret::{SecretAt, SecretScope};
use kernel_settings::Settings;
use kernel_settings::table::secrets::VALUES;
use zeroize::Zeroizing;

use super::backend::OWN;
use super::book;

/// Who is said to have set them.
pub(super) const BY: &str = "the configuration";

/// Values by name.
#[derive(Clone, Default)]
pub(crate) struct GivenSecrets(BTreeMap<String, Zeroizing<String>>);

impl fmt::Debug for GivenSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl GivenSecrets {
    /// Reads them from the settings; refuses what could not be set as a secret either.
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let mut given = BTreeMap::new();
        for pair in settings.get::<Vec<String>>(&VALUES)? {
            let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
            let at = SecretAt { scope: SecretScope::Server, name: name.to_owned() };
            book::check(&at, value).context(VALUES.key)?;
            if name.starts_with(OWN) {
                bail!("{}: {name:?} cannot be read by pipelines; choose another name", VALUES.key);
            }
            let before = given.insert(at.name, Zeroizing::new(value.to_owned()));
            if before.is_some() {
                bail!("{} gives {name:?} twice; keep one of them", VALUES.key);
            }
        }
        Ok(Self(given))
    }

    pub(super) fn get(&self, scope: &SecretScope, name: &str) -> Option<&Zeroizing<String>> {
        self.0.get(name).filter(|_| *scope == SecretScope::Server)
    }

    pub(super) fn has(&self, at: &SecretAt) -> bool {
        self.get(&at.scope, &at.name).is_some()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}
