//! Public keys, and what they say of a signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};

use crate::digest::Digest;
use crate::package::Package;
use crate::signature::Signature;
use crate::simple_signing;

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";
/// What stands before the point of a P-256 key in DER: algorithm, curve, length.
pub(crate) const P256_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// What stands before an Ed25519 key in DER.
pub(crate) const ED25519_HEAD: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Algorithm, number and key of minisign.
const MINISIGN_BYTES: usize = 2 + 8 + 32;

/// A key that signatures are checked with.
#[derive(Clone)]
pub struct PublicKey {
    form: Form,
    /// What people compare.
    fingerprint: String,
}

#[derive(Clone)]
enum Form {
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
    Minisign { key: minisign_verify::PublicKey, number: [u8; 8] },
}

/// Why a text is no public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("this is a secret key; a trust store holds public ones, so keep it out of there")]
    Secret,
    #[error("this PEM is damaged")]
    Pem,
    #[error("this is neither an ECDSA P-256 nor an Ed25519 key; others are not checked here")]
    Algorithm,
    #[error("this is no public key; give PEM (cosign, openssl) or what minisign has written")]
    Unknown,
}

/// What a key says of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It made the signature, over this package.
    Good,
    /// It made it, but not over this package, or pretends to have made it.
    Bad(String),
    /// It has nothing to do with it.
    Foreign,
}

impl PublicKey {
    /// Reads a key: PEM, or the file or line of minisign.
    ///
    /// # Errors
    /// Fails on what is no key, and on secret ones.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.contains("PRIVATE KEY") || text.contains("secret key") {
            return Err(KeyError::Secret);
        }
        match text.strip_prefix(PEM_BEGIN) {
            Some(rest) => Self::pem(rest),
            None => Self::minisign(text),
        }
    }

    fn pem(rest: &str) -> Result<Self, KeyError> {
        let (body, _) = rest.split_once(PEM_END).ok_or(KeyError::Pem)?;
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError::Pem)?;
        let form = if let Some(point) = der.strip_prefix(&P256_HEAD) {
            // Uncompressed, as everybody writes it.
            if point.len() != 65 || point[0] != 4 {
                return Err(KeyError::Pem);
            }
            Form::P256(point.to_vec())
        } else if let Some(key) = der.strip_prefix(&ED25519_HEAD) {
            if key.len() != 32 {
                return Err(KeyError::Pem);
            }
            Form::Ed25519(key.to_vec())
        } else {
            return Err(KeyError::Algorithm);
        };
        let kind = if matches!(form, Form::P256(_)) { "ecdsa-p256" } else { "ed25519" };
        let fingerprint = format!("{kind} {}", &Digest::of(&der).hex()[..16]);
        Ok(Self { form, fingerprint })
    }

    fn minisign(text: &str) -> Result<Self, KeyError> {
        let line = text.lines().last().unwrap_or_default().trim();
        let bytes = STANDARD.decode(line).map_err(|_| KeyError::Unknown)?;
        let key = minisign_verify::PublicKey::from_base64(line).map_err(|_| KeyError::Unknown)?;
        if bytes.len() != MINISIGN_BYTES {
            return Err(KeyError::Unknown);
        }
        let mut number = [0_u8; 8];
        number.copy_from_slice(&bytes[2..10]);
        let fingerprint = format!("minisign {}", shown(number));
        Ok(Self { form: Form::Minisign { key, number }, fingerprint })
    }

    /// Returns what people compare: the kind, and a few hex digits.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Says whether this key made `signature` over `package`.
    pub(crate) fn verdict(&self, signature: &Signature, package: &Package) -> Verdict {
        match (signature, &self.form) {
            (Signature::Minisign(text), Form::Minisign { key, number }) => {
                minisign_verdict(text, key, *number, package)
            }
            (Signature::Detached(signature), Form::P256(_) | Form::Ed25519(_)) => {
                if self.signed(&package.bytes, signature) {
                    Verdict::Good
                } else {
                    Verdict::Foreign
                }
            }
            (Signature::Simple { payload, signature }, Form::P256(_) | Form::Ed25519(_)) => {
                if !self.signed(payload, signature) {
                    return Verdict::Foreign;
                }
                match simple_signing::subject(payload) {
                    Ok(subject) if Some(subject) == package.artifact_digest() => Verdict::Good,
                    Ok(subject) => Verdict::Bad(format!("it is over {subject}, another artifact")),
                    Err(err) => Verdict::Bad(err.to_string()),
                }
            }
            (Signature::Minisign(_), Form::P256(_) | Form::Ed25519(_))
            | (Signature::Detached(_) | Signature::Simple { .. }, Form::Minisign { .. }) => {
                Verdict::Foreign
            }
        }
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.form {
            Form::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
                .verify(message, signature)
                .is_ok(),
            Form::Ed25519(key) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
            Form::Minisign { .. } => false,
        }
    }
}

fn minisign_verdict(
    text: &str,
    key: &minisign_verify::PublicKey,
    number: [u8; 8],
    package: &Package,
) -> Verdict {
    // Some servers answer with a page for whatever is asked: that is nobody's signature.
    let Ok(signature) = minisign_verify::Signature::decode(text) else { return Verdict::Foreign };
    if minisign_number(text) != Some(number) {
        return Verdict::Foreign;
    }
    // Signatures of old versions, which have not hashed before, are as good.
    match key.verify(&package.bytes, &signature, true) {
        Ok(()) => Verdict::Good,
        Err(_) => Verdict::Bad("it is over other bytes".to_owned()),
    }
}

/// Returns the number of the key that a minisign signature claims.
pub(crate) fn minisign_number(text: &str) -> Option<[u8; 8]> {
    let bytes = STANDARD.decode(text.lines().nth(1)?.trim()).ok()?;
    bytes.get(2..10)?.try_into().ok()
}

/// Writes a key's number as minisign does.
pub(crate) fn shown(number: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(number))
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint)
    }
}

#[cfg(test)]
mod tests;
