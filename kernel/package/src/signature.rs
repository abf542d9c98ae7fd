//! Signatures that were found with a plugin, not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// No honest signature is larger.
pub(crate) const BYTES_MAX: usize = 64 * 1024;
/// Nobody needs more of them.
pub(crate) const COUNT_MAX: usize = 16;
/// How the text of a minisign signature begins.
const MINISIGN_BEGIN: &str = "untrusted comment:";
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

    /// Reads the text of a `.minisig` or of a `.sig` in base64, whichever it is.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if text.trim_start().starts_with(MINISIGN_BEGIN) {
            return Self::Minisign(text.to_owned());
        }
        Self::detached(text.as_bytes())
    }

    /// Returns what [`Signature::of_text`] reads; none for one that is over an artifact.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Simple { .. } => None,
            Self::Minisign(text) => Some(text.clone()),
            Self::Detached(bytes) => Some(STANDARD.encode(bytes)),
        }
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

#[cfg(test)]
mod tests;
