//! What vouches for a package, in one piece: kept beside the bytes, so that they can be judged again
//! later, by a trust store that may have changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::package::Package;
use crate::signature::{COUNT_MAX, Signature};

/// Why a proof cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the signatures that were kept cannot be read; fetch the plugin again")]
    Damaged,
    #[error("the signatures that were kept belong to other bytes; fetch the plugin again")]
    Foreign,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<StoredSignature>,
}

/// Bytes are in base64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum StoredSignature {
    Cosign { payload: String, signature: String },
    Minisign { text: String },
    Detached { signature: String },
}

/// Returns what vouches for a package; none when nothing does.
#[must_use]
pub fn write(package: &Package) -> Option<Vec<u8>> {
    if package.signatures.is_empty() {
        return None;
    }
    let signatures = package.signatures.iter().map(|signature| match signature {
        Signature::Simple { payload, signature } => StoredSignature::Cosign {
            payload: STANDARD.encode(payload),
            signature: STANDARD.encode(signature),
        },
        Signature::Minisign(text) => StoredSignature::Minisign { text: text.clone() },
        Signature::Detached(bytes) => {
            StoredSignature::Detached { signature: STANDARD.encode(bytes) }
        }
    });
    let artifact = package.artifact().map(|bytes| STANDARD.encode(bytes));
    // Texts only: this cannot fail.
    serde_json::to_vec(&Stored { artifact, signatures: signatures.collect() }).ok()
}

/// Puts bytes and their proof together again.
///
/// # Errors
/// Fails when they do not belong together.
pub fn read(bytes: Vec<u8>, origin: String, proof: Option<&[u8]>) -> Result<Package, ProofError> {
    let Some(proof) = proof else { return Ok(Package::new(bytes, origin, Vec::new())) };
    let stored: Stored = serde_json::from_slice(proof).map_err(|_| ProofError::Damaged)?;
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| ProofError::Damaged);
    let mut signatures = Vec::new();
    for signature in stored.signatures.into_iter().take(COUNT_MAX) {
        signatures.push(match signature {
            StoredSignature::Cosign { payload, signature } => {
                Signature::Simple { payload: decode(&payload)?, signature: decode(&signature)? }
            }
            StoredSignature::Minisign { text } => Signature::Minisign(text),
            StoredSignature::Detached { signature } => Signature::Detached(decode(&signature)?),
        });
    }
    let package = Package::new(bytes, origin, signatures);
    match stored.artifact {
        Some(artifact) => {
            package.with_artifact(decode(&artifact)?).map_err(|_| ProofError::Foreign)
        }
        None => Ok(package),
    }
}

#[cfg(test)]
mod tests;
