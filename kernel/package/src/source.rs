//! What an operator writes to say which plugin: a path, an address with its digest, or an artifact
//! of a registry.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::Url;

use crate::digest::{Digest, DigestError};
use crate::reference::{Reference, ReferenceError, Version};

/// Where a plugin is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// An address, and what must be found there.
    Url {
        url: Url,
        digest: Digest,
    },
    Oci(Reference),
}

/// Why a text says no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("no plugin is named; write a file, an https address with its digest, or oci://…")]
    Empty,
    #[error("{url} cannot be checked; add its digest: {url}#sha256:…")]
    NoDigest { url: String },
    #[error("{url:?} is no address")]
    Url { url: String },
    #[error("{url:?} holds a user or password; give them by --user and --password-file instead")]
    Credentials { url: String },
    #[error("{scheme}:// is not fetched; use https:// with a digest, oci:// or a file")]
    Scheme { scheme: String },
    #[error(transparent)]
    Digest(#[from] DigestError),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

impl Source {
    /// Returns whether the same text gives the same bytes for ever.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Url { .. } => true,
            Self::Oci(reference) => matches!(reference.version, Version::Digest(_)),
        }
    }

    /// Returns the source without its digest: what the patterns of a trust store are about.
    #[must_use]
    pub fn origin(&self) -> String {
        match self {
            Self::File(path) => {
                // Patterns cover no `..`, which would leave the folder that they name.
                let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
                let whole = whole.unwrap_or_else(|_| path.clone());
                format!("file://{}", whole.display())
            }
            Self::Url { url, .. } => url.to_string(),
            Self::Oci(reference) => reference.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url { url, digest } => write!(f, "{url}#{digest}"),
            Self::Oci(reference) => reference.fmt(f),
        }
    }
}

impl FromStr for Source {
    type Err = SourceError;

    /// Reads a source. The digest of an address stands behind `#`, where nothing is sent.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SourceError::Empty);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::File(PathBuf::from(text)));
        };
        match scheme {
            "oci" => Ok(Self::Oci(text.parse()?)),
            "file" => Ok(Self::File(PathBuf::from(rest))),
            "https" | "http" => url(text),
            _ => Err(SourceError::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

fn url(text: &str) -> Result<Source, SourceError> {
    let wrong = || SourceError::Url { url: text.to_owned() };
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The message must not repeat what it warns of.
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(SourceError::Credentials { url: host });
    }
    let digest = url.fragment().map(str::parse).transpose()?;
    url.set_fragment(None);
    let digest = digest.ok_or_else(|| SourceError::NoDigest { url: url.to_string() })?;
    Ok(Source::Url { url, digest })
}

#[cfg(test)]
mod tests;
