//! Sealed bytes: `TNS`, a format byte, the data key's name, a nonce, and the ciphertext with its tag.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use kernel_ports::keyring::KeyringError;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::lock::{DataKey, KeyId};
use crate::random::random;

const MAGIC: &[u8; 4] = b"TNS\x01";
const NONCE_LEN: usize = 24;

/// Seals `plain` with the key of `scope`.
pub(crate) fn seal(
    (id, key): (&KeyId, &DataKey),
    scope: &str,
    associated: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, KeyringError> {
    let nonce =
        random::<NONCE_LEN>().map_err(|err| KeyringError::Randomness { err: Box::new(err) })?;
    let payload = Payload { msg: plain, aad: &bound(id, scope, associated) };
    let sealed = cipher(key, scope).encrypt(&XNonce::from(*nonce), payload);
    let sealed = sealed.map_err(|_| KeyringError::Refused { scope: scope.to_owned() })?;
    let mut bytes = Vec::with_capacity(MAGIC.len() + id.len() + NONCE_LEN + sealed.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(nonce.as_slice());
    bytes.extend_from_slice(&sealed);
    Ok(bytes)
}

/// Opens what was sealed, with the key that `find` gives.
pub(crate) fn open<'a>(
    find: impl FnOnce(&KeyId) -> Option<&'a DataKey>,
    scope: &str,
    associated: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, KeyringError> {
    let format = |reason| KeyringError::Format { reason };
    let (magic, rest) = sealed.split_first_chunk().ok_or_else(|| format("they are too short"))?;
    if magic[..3] != MAGIC[..3] {
        return Err(format("they begin otherwise"));
    }
    if magic != MAGIC {
        return Err(format("a newer version of Tenon wrote them"));
    }
    let (id, rest) = rest.split_first_chunk().ok_or_else(|| format("they are too short"))?;
    let (nonce, text) =
        rest.split_first_chunk::<NONCE_LEN>().ok_or_else(|| format("they are too short"))?;
    let key = find(id).ok_or_else(|| KeyringError::KeyUnknown { key: crate::lock::shown(id) })?;
    let payload = Payload { msg: text, aad: &bound(id, scope, associated) };
    cipher(key, scope)
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| KeyringError::Refused { scope: scope.to_owned() })
}

/// Returns the key for a purpose.
pub(crate) fn derive(root: &DataKey, purpose: &str) -> [u8; 32] {
    *expanded(root, "tenon keyring 1 derive", purpose)
}

fn cipher(key: &DataKey, scope: &str) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*expanded(key, "tenon keyring 1 seal", scope)).into())
}

fn expanded(key: &DataKey, label: &str, name: &str) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    let info = [label.as_bytes(), &[0], name.as_bytes()];
    // Fails for more than 8160 bytes only.
    let expanded = Hkdf::<Sha256>::new(None, key.as_slice()).expand_multi_info(&info, out.as_mut());
    debug_assert!(expanded.is_ok(), "32 bytes can always be expanded");
    out
}

/// Everything that must be the same when it is opened, each part with its length.
fn bound(id: &KeyId, scope: &str, associated: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(id);
    for part in [scope.as_bytes(), associated] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
