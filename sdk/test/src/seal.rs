//! A keyring that hides nothing, but notices what was changed or belongs elsewhere.

use kernel_ports::keyring::{Keyring, KeyringError, SubKey};

/// For tests only.
#[derive(Debug)]
pub(crate) struct PlainKeyring;

impl Keyring for PlainKeyring {
    fn seal(&self, scope: &str, associated: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let mut sealed = sum(scope, associated, plain).to_le_bytes().to_vec();
        sealed.extend(plain.iter().map(|byte| !byte));
        Ok(sealed)
    }

    fn open(&self, scope: &str, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyringError> {
        let Some((found, hidden)) = sealed.split_first_chunk() else {
            return Err(KeyringError::Format { reason: "they are too short" });
        };
        let plain: Vec<u8> = hidden.iter().map(|byte| !byte).collect();
        if u64::from_le_bytes(*found) != sum(scope, associated, &plain) {
            return Err(KeyringError::Refused { scope: scope.to_owned() });
        }
        Ok(plain)
    }

    fn derive(&self, purpose: &str) -> SubKey {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&sum(purpose, &[], &[]).to_le_bytes());
        SubKey::new(key)
    }
}

/// FNV-1a over all, with their lengths.
fn sum(scope: &str, associated: &[u8], plain: &[u8]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325_u64;
    for part in [scope.as_bytes(), associated, plain] {
        let length = (part.len() as u64).to_le_bytes();
        for byte in length.iter().chain(part) {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    sum
}
