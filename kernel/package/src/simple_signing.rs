//! The payload that cosign signs: which artifact, and little else.
//!
//! The names of its fields are those of the published format.

use serde_json::{Value, json};

use crate::digest::Digest;

/// The media type of the payload in a registry.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// Where the signature over the payload stands, in base64.
pub(crate) const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
const TYPE: &str = "cosign container image signature";

/// Why a payload says nothing about an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("its payload is not JSON")]
    Json,
    #[error("its payload is of the type {found:?}, not {TYPE:?}")]
    Type { found: String },
    #[error("its payload names no digest of an artifact")]
    NoDigest,
}

/// Returns the digest of the artifact that a payload is about.
///
/// # Errors
/// Fails when the payload is of another type.
pub fn subject(payload: &[u8]) -> Result<Digest, PayloadError> {
    let payload: Value = serde_json::from_slice(payload).map_err(|_| PayloadError::Json)?;
    let critical = &payload["critical"];
    if critical["type"] != TYPE {
        let found = critical["type"].as_str().unwrap_or_default().to_owned();
        return Err(PayloadError::Type { found });
    }
    let digest = critical["image"]["docker-manifest-digest"].as_str();
    digest.and_then(|digest| digest.parse().ok()).ok_or(PayloadError::NoDigest)
}

/// Makes the payload for an artifact of `repository`.
#[must_use]
pub fn payload(repository: &str, subject: Digest) -> Vec<u8> {
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": repository },
            "image": { "docker-manifest-digest": subject.to_string() },
            "type": TYPE,
        },
        "optional": null,
    });
    payload.to_string().into_bytes()
}

/// Returns the tag under which the signatures of an artifact are found.
pub(crate) fn tag(subject: Digest) -> String {
    format!("sha256-{}.sig", subject.hex())
}

#[cfg(test)]
mod tests;
