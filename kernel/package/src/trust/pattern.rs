//! The origins that a key may sign for.

use std::fmt;
use std::str::FromStr;

/// An origin, or all below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error(
        "{text:?} has a `*` in its midst; write \"*\", or an origin that ends with \"/*\", so that \
         no other host or repository fits by its first letters"
    )]
    Star { text: String },
    #[error("{text:?} is no origin; begin it with oci://, https:// or file:///")]
    Scheme { text: String },
}

impl Pattern {
    /// Returns whether it covers everything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// Returns whether it covers this origin. A repository without a tag covers all its tags.
    #[must_use]
    pub fn covers(&self, origin: &str) -> bool {
        if self.is_any() {
            return true;
        }
        if let Some(head) = self.0.strip_suffix('*') {
            // `..` would leave the folder that the pattern names.
            return origin.starts_with(head) && !origin.split('/').any(|part| part == "..");
        }
        let rest = origin.strip_prefix(self.0.as_str());
        rest.is_some_and(|rest| {
            let is_version = origin.starts_with("oci://") && rest.starts_with([':', '@']);
            rest.is_empty() || (is_version && !rest.contains('/'))
        })
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self(text.to_owned()));
        }
        let bare = text.strip_suffix("/*").unwrap_or(text);
        if bare.contains('*') {
            return Err(PatternError::Star { text: text.to_owned() });
        }
        let path = ["oci://", "https://", "http://", "file://"]
            .iter()
            .find_map(|scheme| bare.strip_prefix(scheme));
        if path.is_none_or(str::is_empty) && bare != "file://" {
            return Err(PatternError::Scheme { text: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
