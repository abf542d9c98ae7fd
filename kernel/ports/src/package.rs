//! Where plugins come from, and who vouches for them.

use async_trait::async_trait;
use bytes::Bytes;

use crate::plugin_store::Signature;

/// A binary that was fetched, with what came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub bytes: Bytes,
    /// Where it came from, in full, such as `https://…` or `oci://…@sha256:…`.
    pub origin: String,
    /// The content of its signature, in a form that [`Packages::package_verify`] knows.
    pub proof: Option<Bytes>,
}

/// Why a package cannot be had, or trusted. The message is for the operator, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("{reason}")]
    Fetch { reason: String },
    #[error("{reason}")]
    Verify { reason: String },
}

/// Fetches packages, and checks their signatures.
#[async_trait]
pub trait Packages: Send + Sync {
    /// Fetches what `reference` names (`https://…`, `oci://…`), of this SHA-256 if one is given.
    async fn package_fetch(
        &self,
        reference: &str,
        digest: Option<&str>,
    ) -> Result<Package, PackageError>;
    /// Returns who has signed the package. A proof that is there and does not hold is an error.
    async fn package_verify(&self, package: &Package) -> Result<Signature, PackageError>;
}
