//! Where plugins come from, and who vouches for them.

use async_trait::async_trait;
use bytes::Bytes;

use crate::plugin_store::Signature;

/// A binary that was fetched, with what came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub bytes: Bytes,
    /// Where it came from, such as `https://…` or `oci://…`; without a scheme: a file of that name.
    pub origin: String,
    /// The content of its signature, in a form that [`Packages::package_verify`] knows.
    pub proof: Option<Bytes>,
}

/// A package of a bundle, with what the bundle's index calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundled {
    pub name: String,
    pub version: String,
    pub package: Package,
}

/// Why a package cannot be had, or trusted. The message is for the operator, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    #[error("{reason}")]
    Fetch { reason: String },
    #[error("{reason}")]
    Verify { reason: String },
}

/// A binary that somebody sends, with the signatures that lie beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upload {
    pub bytes: Bytes,
    /// As [`Package::origin`].
    pub origin: String,
    /// What such files hold: `.minisig`, or `.sig` in base64.
    pub signatures: Vec<String>,
}

/// Fetches packages, and checks their signatures.
#[async_trait]
pub trait Packages: Send + Sync {
    /// Fetches what `reference` names (`https://…`, `oci://…`). An address needs the SHA-256 of what
    /// lies there, here or behind its `#`.
    async fn package_fetch(
        &self,
        reference: &str,
        digest: Option<&str>,
    ) -> Result<Package, PackageError>;
    /// Puts what was sent into one piece.
    fn package_of(&self, upload: Upload) -> Package;
    /// Returns the packages of a bundle, whose bytes were checked against its index. What it calls
    /// them was not: that stands in the binaries.
    async fn bundle_open(&self, bundle: Bytes) -> Result<Vec<Bundled>, PackageError>;
    /// Returns who has signed the package. A proof that is there and does not hold is an error.
    async fn package_verify(&self, package: &Package) -> Result<Signature, PackageError>;
}
