//! Where an artifact lies in a registry: `registry/repository:tag` or `…@sha256:…`.

use std::fmt;
use std::str::FromStr;

use crate::digest::{Digest, DigestError};

/// Longer names no registry takes.
const REPOSITORY_MAX: usize = 255;
const TAG_MAX: usize = 128;

/// An artifact of a registry, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host and, unless it is the usual one, port.
    pub registry: String,
    /// The path inside, such as `team/plugins/launcher-nice`.
    pub repository: String,
    pub version: Version,
}

/// Which one of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// A name that may point to something else tomorrow.
    Tag(String),
    /// The digest of the artifact's manifest.
    Digest(Digest),
}

/// Why a text names no artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error("{text:?} names no repository; write oci://registry/repository:tag")]
    NoRepository { text: String },
    #[error("{registry:?} is no registry; write a host and, if it has one, a port")]
    Registry { registry: String },
    #[error(
        "{repository:?} is no repository; it consists of lower-case letters, digits and `.`, `_`, \
         `-`, in parts between `/`"
    )]
    Repository { repository: String },
    #[error("{tag:?} is no tag; it has up to 128 letters, digits, `.`, `_` and `-`")]
    Tag { tag: String },
    #[error("{text:?} says neither tag nor digest; add `:1.0.0` or `@sha256:…`")]
    NoVersion { text: String },
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Reference {
    /// Returns the host without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        host(&self.registry)
    }

    /// Returns the same repository at another version.
    #[must_use]
    pub fn at(&self, version: Version) -> Self {
        Self { version, ..self.clone() }
    }
}

/// Returns the host of `host:port`; an IPv6 address keeps its brackets.
pub(crate) fn host(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => registry,
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = match self.version {
            Version::Tag(_) => ':',
            Version::Digest(_) => '@',
        };
        write!(f, "oci://{}/{}{separator}{}", self.registry, self.repository, self.version)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let bare = text.strip_prefix("oci://").unwrap_or(text);
        let (registry, path) = bare
            .split_once('/')
            .ok_or_else(|| ReferenceError::NoRepository { text: text.to_owned() })?;
        if !is_registry(registry) {
            return Err(ReferenceError::Registry { registry: registry.to_owned() });
        }
        let (path, version) = if let Some((path, digest)) = path.split_once('@') {
            // A tag beside a digest says nothing more.
            let path = path.split_once(':').map_or(path, |(path, _)| path);
            (path, Version::Digest(digest.parse()?))
        } else if let Some((path, tag)) = path.split_once(':') {
            if !is_tag(tag) {
                return Err(ReferenceError::Tag { tag: tag.to_owned() });
            }
            (path, Version::Tag(tag.to_owned()))
        } else {
            return Err(ReferenceError::NoVersion { text: text.to_owned() });
        };
        if !is_repository(path) {
            return Err(ReferenceError::Repository { repository: path.to_owned() });
        }
        Ok(Self { registry: registry.to_owned(), repository: path.to_owned(), version })
    }
}

fn is_registry(text: &str) -> bool {
    let host = host(text);
    let name = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let port_fits = text.len() == host.len()
        || text[host.len() + 1..].parse::<u16>().is_ok_and(|port| port > 0);
    let is_address = name.len() != host.len() && name.parse::<std::net::Ipv6Addr>().is_ok();
    let is_name = !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && host.split('.').all(|part| !part.is_empty());
    port_fits && (is_address || is_name)
}

fn is_repository(text: &str) -> bool {
    let is_part = |part: &str| {
        let inner = part.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        });
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        inner && edge(part.bytes().next()) && edge(part.bytes().next_back()) && !part.contains("..")
    };
    text.len() <= REPOSITORY_MAX && text.split('/').all(is_part)
}

fn is_tag(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.len() <= TAG_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
