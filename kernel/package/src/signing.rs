//! Secret keys of authors: made, read, and used to sign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

use crate::digest::Digest;
use crate::key::{ED25519_HEAD, P256_HEAD};
use crate::package::{DETACHED_ENDING, MINISIGN_ENDING};

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";
/// What stands before the seed of an Ed25519 key in PKCS #8.
const ED25519_SECRET_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const SEED_BYTES: usize = 32;
/// Of a secret key as minisign writes it: algorithms, salt, limits, number, key, checksum.
const MINISIGN_BYTES: usize = 158;
/// Where in it stands how the password opens it; zeros: there is none.
const MINISIGN_KDF: std::ops::Range<usize> = 2..4;
/// Base64 in PEM is cut into lines.
const PEM_LINE: usize = 64;

/// Which signatures a key makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA P-256, as cosign has it.
    Cosign,
    Minisign,
    Ed25519,
}

/// A new pair of keys, as they are written into files.
#[derive(Clone)]
pub struct NewKey {
    pub secret: String,
    pub public: String,
}

/// A key that signs.
pub struct SecretKey {
    form: Form,
}

enum Form {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Minisign(Box<minisign::SecretKey>),
}

/// Why a key could not be made, read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    #[error("this is a public key; sign with the secret one")]
    Public,
    #[error(
        "this is cosign's encrypted form, which is not read here; make a key with `tenon plugin \
         keygen`, and give it to cosign with `cosign import-key-pair`"
    )]
    CosignEncrypted,
    #[error(
        "this is a key in an older or encrypted form; convert it with `openssl pkcs8 -topk8 \
         -nocrypt -in KEY`"
    )]
    OtherForm,
    #[error("this key is protected; give its password, as --password-file or --key-password-file")]
    NoPassword,
    #[error("the password does not open this key")]
    Password,
    #[error("this is no secret key that signs; make one with `tenon plugin keygen`")]
    Unknown,
    #[error("the system gave no randomness, or the key is not usable")]
    Failed,
    #[error("minisign keys sign files, not artifacts; sign this with a cosign or ed25519 key")]
    NotForArtifacts,
}

impl NewKey {
    /// Makes a pair of keys. A password protects keys of minisign; the others are plain PEM.
    ///
    /// # Errors
    /// Fails when the system has no randomness, or for a password that would be ignored.
    pub fn generate(kind: KeyKind, password: Option<String>) -> Result<Self, SigningError> {
        let random = SystemRandom::new();
        match kind {
            KeyKind::Cosign => {
                let secret = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random)
                    .map_err(|_| SigningError::Failed)?;
                let secret = pem("PRIVATE", secret.as_ref());
                let public = SecretKey::parse(&secret, None)?.public()?;
                Ok(Self { secret, public })
            }
            KeyKind::Ed25519 => {
                let mut seed = [0_u8; SEED_BYTES];
                random.fill(&mut seed).map_err(|_| SigningError::Failed)?;
                let secret = pem("PRIVATE", &[&ED25519_SECRET_HEAD[..], &seed].concat());
                let public = SecretKey::parse(&secret, None)?.public()?;
                Ok(Self { secret, public })
            }
            KeyKind::Minisign => minisign_generate(password),
        }
    }
}

fn minisign_generate(password: Option<String>) -> Result<NewKey, SigningError> {
    let failed = |_| SigningError::Failed;
    let pair = match password {
        Some(_) => minisign::KeyPair::generate_encrypted_keypair(password),
        None => minisign::KeyPair::generate_unencrypted_keypair(),
    };
    let minisign::KeyPair { pk, sk } = pair.map_err(failed)?;
    let secret = sk.to_box(Some("minisign secret key")).map_err(failed)?.into_string();
    let public = pk.to_box().map_err(failed)?.into_string();
    Ok(NewKey { secret, public })
}

impl SecretKey {
    /// Reads a key: PKCS #8 in PEM, or what minisign has written.
    ///
    /// # Errors
    /// Fails on what is no secret key, and says how to convert other forms.
    pub fn parse(text: &str, password: Option<String>) -> Result<Self, SigningError> {
        let text = text.trim();
        if text.contains("SIGSTORE PRIVATE KEY") || text.contains("COSIGN PRIVATE KEY") {
            return Err(SigningError::CosignEncrypted);
        }
        if text.contains("PUBLIC KEY") || text.contains("public key") {
            return Err(SigningError::Public);
        }
        if let Some(rest) = text.strip_prefix(PEM_BEGIN) {
            return Self::pem(rest);
        }
        if text.starts_with("-----BEGIN ") {
            return Err(SigningError::OtherForm);
        }
        let line = text.lines().nth(1).unwrap_or_default();
        match STANDARD.decode(line.trim()) {
            Ok(bytes) if bytes.len() == MINISIGN_BYTES => Self::minisign(text, &bytes, password),
            _ => Err(SigningError::Unknown),
        }
    }

    fn minisign(text: &str, bytes: &[u8], password: Option<String>) -> Result<Self, SigningError> {
        let is_protected = bytes[MINISIGN_KDF] != [0; 2];
        let key = match password {
            // Keys without a password that minisign itself has made have no checksum, either.
            _ if !is_protected => {
                minisign::SecretKey::from_bytes(bytes).map_err(|_| SigningError::Unknown)?
            }
            Some(_) => minisign::SecretKeyBox::from_string(text)
                .and_then(|stored| stored.into_secret_key(password))
                .map_err(|_| SigningError::Password)?,
            // The crate would ask a terminal; nobody may sit there.
            None => return Err(SigningError::NoPassword),
        };
        Ok(Self { form: Form::Minisign(Box::new(key)) })
    }

    fn pem(rest: &str) -> Result<Self, SigningError> {
        let (body, _) = rest.split_once(PEM_END).ok_or(SigningError::Unknown)?;
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let der = STANDARD.decode(body).map_err(|_| SigningError::Unknown)?;
        if let Some(seed) = der.strip_prefix(&ED25519_SECRET_HEAD) {
            let pair =
                Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SigningError::Unknown)?;
            return Ok(Self { form: Form::Ed25519(pair) });
        }
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random)
            .map_err(|_| SigningError::Unknown)?;
        Ok(Self { form: Form::P256(pair) })
    }

    /// Returns which signatures it makes.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.form {
            Form::P256(_) => KeyKind::Cosign,
            Form::Ed25519(_) => KeyKind::Ed25519,
            Form::Minisign(_) => KeyKind::Minisign,
        }
    }

    /// Returns the public key that belongs to it, as it is written into a file.
    ///
    /// # Errors
    /// Fails on a key of minisign that is still protected.
    pub fn public(&self) -> Result<String, SigningError> {
        match &self.form {
            Form::P256(pair) => {
                Ok(pem("PUBLIC", &[&P256_HEAD[..], pair.public_key().as_ref()].concat()))
            }
            Form::Ed25519(pair) => {
                Ok(pem("PUBLIC", &[&ED25519_HEAD[..], pair.public_key().as_ref()].concat()))
            }
            Form::Minisign(key) => minisign::PublicKey::from_secret_key(key)
                .and_then(|key| key.to_box())
                .map(minisign::PublicKeyBox::into_string)
                .map_err(|_| SigningError::Failed),
        }
    }

    /// Signs a file; returns the ending of the file that the signature belongs into, and its text.
    ///
    /// # Errors
    /// Fails when the system has no randomness.
    pub fn file_sign(&self, bytes: &[u8]) -> Result<(&'static str, String), SigningError> {
        if let Form::Minisign(key) = &self.form {
            let comment = format!("sha256:{}", Digest::of(bytes).hex());
            let signature = minisign::sign(None, key, bytes, Some(&comment), None)
                .map_err(|_| SigningError::Failed)?;
            return Ok((MINISIGN_ENDING, signature.into_string()));
        }
        Ok((DETACHED_ENDING, STANDARD.encode(self.sign(bytes)?) + "\n"))
    }

    /// Signs bytes, without any form around the signature.
    ///
    /// # Errors
    /// Fails for keys of minisign, whose signatures have a form.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, SigningError> {
        match &self.form {
            Form::P256(pair) => pair
                .sign(&SystemRandom::new(), bytes)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningError::Failed),
            Form::Ed25519(pair) => Ok(pair.sign(bytes).as_ref().to_vec()),
            Form::Minisign(_) => Err(SigningError::NotForArtifacts),
        }
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = format!("-----BEGIN {kind} KEY-----\n");
    for (number, letter) in text.chars().enumerate() {
        if number > 0 && number % PEM_LINE == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines + &format!("\n-----END {kind} KEY-----\n")
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({:?})", self.kind())
    }
}

#[cfg(test)]
mod tests;
