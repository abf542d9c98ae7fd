//! Seals bytes with keys that nobody else sees.

use std::fmt;

use zeroize::Zeroizing;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("these bytes were not sealed by a keyring: {reason}")]
    Format { reason: &'static str },
    #[error(
        "it was sealed with the key {key}, which this server's keyring does not have; \
         restore the keyring that sealed it, or set the value anew"
    )]
    KeyUnknown { key: String },
    /// Never says what is inside.
    #[error("it does not open as part of {scope:?}: it was changed, or belongs elsewhere")]
    Refused { scope: String },
    #[error("failed to get randomness from the operating system")]
    Randomness {
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A key for one purpose. `Debug` does not show it, and its memory is cleared.
#[derive(Clone)]
pub struct SubKey(Zeroizing<[u8; 32]>);

impl SubKey {
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey(…)")
    }
}

/// Holds the keys of this server.
pub trait Keyring: Send + Sync {
    /// Seals bytes, so that they open only in the same `scope` and with the same `associated`.
    fn seal(&self, scope: &str, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyringError>;
    /// Opens what was sealed, with any key that was ever current.
    fn open(&self, scope: &str, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyringError>;
    /// Returns the key for `purpose`. It stays the same when the server key is rotated, so that
    /// what it signed stays genuine.
    fn derive(&self, purpose: &str) -> SubKey;
}
