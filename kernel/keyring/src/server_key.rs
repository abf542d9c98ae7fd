//! The key that seals the data keys.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::random::random;

const NONCE_LEN: usize = 24;

/// Why a server key does not work.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// It is another key, or the bytes were changed.
    #[error("the key does not open this")]
    Refused,
    #[error("failed to get randomness from the operating system")]
    Randomness(#[source] getrandom::Error),
    #[error("the parameters of the key make no sense: {reason}")]
    Parameters { reason: String },
    /// The device that holds the key does not answer.
    #[error("the device that holds the key does not do it")]
    Device {
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Seals data keys. It may live in a device that never shows it.
pub trait ServerKey: Send + Sync {
    /// Seals a data key; `name` says which, and must be given again.
    fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, ServerKeyError>;
    /// Opens a data key.
    fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError>;
}

/// How words become a key: argon2id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl Cost {
    /// For words of people, which may be guessed: a guess costs 64 MiB and a tenth of a second.
    pub(crate) const WORDS: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// For 32 random bytes, which nobody can guess: a start of the server does not wait for it.
    pub(crate) const RANDOM: Self = Self { memory_kib: 1024, passes: 1, lanes: 1 };
}

/// A key made from words and a salt.
pub(crate) struct DerivedKey(XChaCha20Poly1305);

impl DerivedKey {
    pub(crate) fn new(words: &[u8], salt: &[u8], cost: &Cost) -> Result<Self, ServerKeyError> {
        let wrong = |err: argon2::Error| ServerKeyError::Parameters { reason: err.to_string() };
        let Cost { memory_kib, passes, lanes } = *cost;
        let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(wrong)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(words, salt, key.as_mut_slice())
            .map_err(wrong)?;
        Ok(Self(XChaCha20Poly1305::new(&(*key).into())))
    }
}

impl ServerKey for DerivedKey {
    fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, ServerKeyError> {
        let nonce = random::<NONCE_LEN>().map_err(ServerKeyError::Randomness)?;
        let payload = Payload { msg: key, aad: name.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(*nonce), payload);
        let mut wrapped = nonce.to_vec();
        wrapped.extend(sealed.map_err(|_| ServerKeyError::Refused)?);
        Ok(wrapped)
    }

    fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, ServerKeyError> {
        let (nonce, sealed) =
            wrapped.split_first_chunk::<NONCE_LEN>().ok_or(ServerKeyError::Refused)?;
        let payload = Payload { msg: sealed, aad: name.as_bytes() };
        let key = self.0.decrypt(&XNonce::from(*nonce), payload);
        key.map(Zeroizing::new).map_err(|_| ServerKeyError::Refused)
    }
}
