//! Who we are for registries: a user with a password, or a file of them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// Names and passwords, by registry.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    by_registry: BTreeMap<String, Login>,
    anywhere: Option<Login>,
}

/// A name and its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// Why a file of credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("failed to read {path}")]
    Read {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("{path} is no file of credentials: {reason}")]
    Json { path: PathBuf, reason: String },
    #[error(
        "{path} keeps the password of {registry} in a program ({helper}), which is not asked here; \
         give --user and --password-file instead"
    )]
    Helper { path: PathBuf, registry: String, helper: String },
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Stored {
    auths: BTreeMap<String, StoredLogin>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StoredLogin {
    auth: String,
    username: String,
    password: String,
}

impl Credentials {
    /// Uses one login for whatever registry asks.
    #[must_use]
    pub fn anywhere(login: Login) -> Self {
        Self { anywhere: Some(login), ..Self::default() }
    }

    /// Reads a file as container tools keep it: `{"auths": {"registry": {"auth": "…"}}}`.
    ///
    /// # Errors
    /// Fails when it is not such a file, or leaves the passwords to a program.
    pub fn read(path: &Path) -> Result<Self, CredentialsError> {
        let text = fs::read_to_string(path)
            .map_err(|err| CredentialsError::Read { path: path.to_owned(), err })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, CredentialsError> {
        // The text holds passwords, so that an error says where, not what.
        let stored: Stored = serde_json::from_str(text).map_err(|err| {
            let reason = format!("line {}, column {}", err.line(), err.column());
            CredentialsError::Json { path: path.to_owned(), reason }
        })?;
        if let Some((registry, helper)) = stored.cred_helpers.into_iter().next() {
            return Err(CredentialsError::Helper { path: path.to_owned(), registry, helper });
        }
        let mut credentials = Self::default();
        for (registry, login) in stored.auths {
            let registry = bare(&registry).to_owned();
            if let Some(login) = login.read() {
                credentials.by_registry.insert(registry, login);
            } else if !stored.creds_store.is_empty() {
                let helper = stored.creds_store;
                return Err(CredentialsError::Helper { path: path.to_owned(), registry, helper });
            }
        }
        Ok(credentials)
    }

    /// Returns the login for a registry, such as `registry.example.org:5000`.
    #[must_use]
    pub fn login(&self, registry: &str) -> Option<&Login> {
        self.by_registry.get(registry).or(self.anywhere.as_ref())
    }
}

impl StoredLogin {
    fn read(self) -> Option<Login> {
        if !self.username.is_empty() {
            return Some(Login { user: self.username, password: self.password });
        }
        let text = String::from_utf8(STANDARD.decode(self.auth.trim()).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Login { user: user.to_owned(), password: password.to_owned() })
    }
}

/// Returns the host of what such files have as a key: a host, or an address.
fn bare(registry: &str) -> &str {
    let rest = registry.split_once("://").map_or(registry, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
