//! Signatures that were found with a plugin, not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// No honest signature is larger.
pub(crate) const BYTES_MAX: usize = 64 * 1024;
/// Nobody needs more of them.
pub(crate) const COUNT_MAX: usize = 16;
/// The length of a raw Ed25519 signature.
const ED25519_BYTES: usize = 64;

/// A signature, by what it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Over a payload that names the digest of the artifact's manifest, as cosign makes them for
    /// artifacts in registries.
    Simple { payload: Vec<u8>, signature: Vec<u8> },
    /// Over the plugin's bytes: the text of a `.minisig`.
    Minisign(String),
    /// Over the plugin's bytes: what a `.sig` holds, ECDSA in ASN.1 or Ed25519 raw, as
    /// `cosign sign-blob` and `openssl` make them.
    Detached(Vec<u8>),
}

impl Signature {
    /// Reads a `.sig`: base64, or the bytes themselves.
    #[must_use]
    pub fn detached(bytes: &[u8]) -> Self {
        let text: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        // 64 bytes that happen to be base64 are a raw signature all the same.
        let decoded = if bytes.len() == ED25519_BYTES { None } else { STANDARD.decode(text).ok() };
        Self::Detached(decoded.unwrap_or_else(|| bytes.to_vec()))
    }

    /// Returns what it is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Simple { .. } => "cosign",
            Self::Minisign(_) => "minisign",
            Self::Detached(_) => "detached",
        }
    }
}
