//! Where a repository is, and what of it is wanted.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_sdk::{Error, Result};

/// The `source` of the resource. Strings may hold secret references.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) uri: String,
    pub(crate) branch: Option<String>,
    pub(crate) tag_filter: Option<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) ignore_paths: Vec<String>,
    pub(crate) depth: Option<u32>,
    pub(crate) submodules: Submodules,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) private_key: Option<String>,
    pub(crate) git_config: Vec<Setting>,
    pub(crate) skip_ssl_verification: bool,
}

/// Which submodules to fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Submodules {
    /// `all` or `none`.
    Word(Word),
    Paths(Vec<String>),
}

/// See [`Submodules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    All,
    None,
}

/// A setting of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// A version of the resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// A commit.
    #[serde(rename = "ref")]
    pub(crate) commit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
}

impl Default for Submodules {
    fn default() -> Self {
        Self::Word(Word::All)
    }
}

impl Source {
    /// Reads and checks the source of a request.
    pub(crate) fn read(source: &Value) -> Result<Self> {
        let source: Self = read("source", source)?;
        if source.uri.is_empty() {
            return Err(Error::invalid("the source has no `uri`: say where the repository is"));
        }
        if let Some(branch) = &source.branch {
            check_name("branch", branch)?;
        }
        Ok(source)
    }

    /// Whether the URI holds a secret, whose value this plugin never sees, and git may repeat.
    pub(crate) fn has_secret_uri(&self) -> bool {
        self.uri.contains("((") || self.uri.starts_with("secret:")
    }

    /// Returns the URI for people: without user and password, unless the user is that of SSH.
    pub(crate) fn shown_uri(&self) -> String {
        let Some((scheme, rest)) = self.uri.split_once("://") else { return self.uri.clone() };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        match authority.rsplit_once('@') {
            Some((user, host)) if scheme == "ssh" && !user.contains(':') => {
                format!("{scheme}://{user}@{host}{path}")
            }
            Some((_, host)) => format!("{scheme}://{host}{path}"),
            None => self.uri.clone(),
        }
    }
}

impl Version {
    /// Reads a version of a request. Commits come from outside and end up as arguments.
    pub(crate) fn read(version: &Value) -> Result<Self> {
        let version: Self = read("version", version)?;
        let hex = version.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || !(4..=64).contains(&version.commit.len()) {
            return Err(Error::invalid(format!(
                "the version's ref {:?} is no commit: give its hexadecimal name",
                version.commit
            )));
        }
        if let Some(tag) = &version.tag {
            check_name("tag", tag)?;
        }
        Ok(version)
    }
}

/// Reads a part of a request; null is the default.
pub(crate) fn read<T: Default + serde::de::DeserializeOwned>(
    what: &str,
    value: &Value,
) -> Result<T> {
    if value.is_null() {
        return Ok(T::default());
    }
    T::deserialize(value)
        .map_err(|err| Error::invalid(format!("the {what} of the git resource: {err}")))
}

/// Refuses names that git would take for an option, a range or a pattern.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    let bad = name.is_empty()
        || name.starts_with(['-', '/'])
        || name.ends_with(['/', '.'])
        || name.contains("..")
        || name.contains("//")
        || name.contains("@{")
        || name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c));
    if bad {
        return Err(Error::invalid(format!("{name:?} is no name of a {what} that git accepts")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
