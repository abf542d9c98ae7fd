//! Packages: where plugins come from, and whom they are trusted from.
//!
//! A [`Source`] is fetched as a [`Package`]: bytes, digest, origin and the signatures that were
//! found. A [`TrustStore`] judges them, a [`Lock`] pins them, a bundle carries them where no
//! network is.
//!
//! Invariants:
//! - The engine and the web framework are not named here: nothing is run, nothing is served.
//! - What came over a network was hashed before anybody sees it, and no answer is read without a
//!   limit on its size and time.
//! - Nothing from an archive is written to a path that the archive names.

pub mod artifact;
pub mod bundle;
pub mod credentials;
pub mod digest;
pub mod fetch;
pub mod key;
pub mod layout;
pub mod lock;
pub mod package;
pub mod proof;
pub mod reference;
pub mod registry;
pub mod signature;
pub mod signing;
pub mod simple_signing;
pub mod source;
pub mod trust;

pub use digest::Digest;
pub use fetch::{FetchError, Fetcher, Limits};
pub use lock::Lock;
pub use package::Package;
pub use reference::Reference;
pub use source::Source;
pub use trust::{Trust, TrustStore};
