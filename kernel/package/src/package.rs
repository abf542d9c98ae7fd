//! A plugin as it was fetched: its bytes, and what came with them.

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::signature::Signature;

/// The file endings of signatures that lie beside a plugin.
pub const MINISIGN_ENDING: &str = ".minisig";
pub const DETACHED_ENDING: &str = ".sig";

/// Bytes with their origin and the signatures that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub bytes: Vec<u8>,
    /// Of `bytes`, made from them.
    pub digest: Digest,
    /// Where it was found, without a digest: `file:///…`, `https://…` or `oci://…`.
    pub origin: String,
    /// In a registry: the manifest that names the bytes, and that signatures are over.
    artifact: Option<Vec<u8>>,
    pub signatures: Vec<Signature>,
}

/// Why a manifest does not belong to the bytes beside it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the artifact's manifest names other bytes than {digest}")]
pub struct ForeignArtifact {
    digest: Digest,
}

impl Package {
    /// Makes a package of bytes that lie in no registry.
    #[must_use]
    pub fn new(bytes: Vec<u8>, origin: String, signatures: Vec<Signature>) -> Self {
        Self { digest: Digest::of(&bytes), bytes, origin, artifact: None, signatures }
    }

    /// Adds the manifest under which the bytes lie in a registry.
    ///
    /// # Errors
    /// Fails unless it is a manifest of just these bytes.
    pub fn with_artifact(mut self, manifest: Vec<u8>) -> Result<Self, ForeignArtifact> {
        let names_them =
            Artifact::parse(&manifest).is_ok_and(|artifact| artifact.layer.digest == self.digest);
        if !names_them {
            return Err(ForeignArtifact { digest: self.digest });
        }
        self.artifact = Some(manifest);
        Ok(self)
    }

    /// Returns the manifest under which it lies in a registry.
    #[must_use]
    pub fn artifact(&self) -> Option<&[u8]> {
        self.artifact.as_deref()
    }

    /// Returns the digest of that manifest.
    #[must_use]
    pub fn artifact_digest(&self) -> Option<Digest> {
        self.artifact.as_deref().map(Digest::of)
    }
}
