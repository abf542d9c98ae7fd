//! Secrets in the server's own store, sealed by its key.
//!
//! Invariants:
//! - What is stored is sealed, and opens only as that name in that scope.

use tenon_sdk::{Error, Result, Secrets, keyring, kv};
use wit_envelope::secrets::{
    SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite, SecretWritten,
};

/// As many as the kernel lists at a time.
const LISTED: usize = 1_000;

/// The backend that works without being set up.
#[derive(Debug)]
pub struct Local;

impl Secrets for Local {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let key = key(&at.scope, &at.name);
        let Some(item) = kv::get(&key)? else {
            return Err(Error::not_found(format!(
                "there is no secret {:?} in {}",
                at.name, at.scope
            )));
        };
        let plain = keyring::open(key.as_bytes(), &item.value)?;
        let value = String::from_utf8(plain)
            .map_err(|_| Error::internal(format!("the secret {:?} is not text", at.name)))?;
        Ok(SecretValue { value, version: item.version.to_string() })
    }

    fn write(write: SecretWrite) -> Result<SecretWritten> {
        let key = key(&write.scope, &write.name);
        let sealed = keyring::seal(key.as_bytes(), write.value.as_bytes())?;
        let version = kv::set(&key, &sealed)?;
        Ok(SecretWritten { version: version.to_string() })
    }

    fn remove(at: SecretAt) -> Result<()> {
        kv::remove(&key(&at.scope, &at.name))
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let prefix = key(&scope.scope, "");
        let mut names = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = kv::list(&prefix, after.as_deref())?;
            let count = page.len();
            after = page.last().cloned();
            names
                .extend(page.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned));
            if count < LISTED {
                return Ok(SecretNames { names });
            }
        }
    }
}

/// No scope has a colon, so no scope is the beginning of another one's keys.
fn key(scope: &str, name: &str) -> String {
    format!("{scope}:{name}")
}

tenon_sdk::export_secrets!(Local);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
