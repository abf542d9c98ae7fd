//! Names that people give, and paths of steps.

use std::fmt;
use std::sync::Arc;

/// The name of a pipeline, plugin binding or project: 1 to 100 characters of letters, digits, `_`,
/// `-` and `.`, not starting with a dot or a dash.
///
/// Checked when made, so that a name can be part of a file path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// The name of a project: 1 to 63 lower-case letters, digits and dashes, no dash at either end, since
/// it is a folder and may be a part of a host's name.
///
/// Only what was checked becomes a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectName(Name);

/// The place of a step in its run, such as `build/2/test`: 1 to 500 characters, parts of letters,
/// digits, `_`, `-`, `.`, `:`, `=`, `,`, `+`, `@` and spaces, separated by `/`, no part `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepPath(Arc<str>);

/// A text that cannot be a name or path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    /// What was being named.
    pub what: &'static str,
    pub found: String,
    /// What such names are made of.
    pub expected: &'static str,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot be a {}: expected {}", self.found, self.what, self.expected)
    }
}

impl std::error::Error for NameError {}

impl Name {
    /// Returns the name, or why it cannot be one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let ok = (1..=100).contains(&text.len())
            && !text.starts_with(['.', '-'])
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if ok {
            return Ok(Self(text.into()));
        }
        Err(NameError {
            what: "name",
            found: text.to_owned(),
            expected: "1 to 100 letters, digits, '_', '-' or '.', not starting with '.' or '-'",
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ProjectName {
    /// The project that every server has.
    pub const DEFAULT: &'static str = "default";

    /// Returns the name, or why it cannot be one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let ok = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok {
            return Ok(Self(Name(text.into())));
        }
        Err(NameError {
            what: "name of a project",
            found: text.to_owned(),
            expected: "1 to 63 lower-case letters, digits or '-', not starting or ending with '-'",
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns it as one of all names.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.0
    }

    #[must_use]
    pub fn is_default(&self) -> bool {
        self.as_str() == Self::DEFAULT
    }
}

impl Default for ProjectName {
    fn default() -> Self {
        Self(Name(Self::DEFAULT.into()))
    }
}

impl StepPath {
    /// Returns the path, or why it cannot be one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let part_ok = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.chars().all(|c| {
                    c.is_alphanumeric()
                        || matches!(c, '_' | '-' | '.' | ':' | '=' | ',' | '+' | '@' | ' ')
                })
        };
        if (1..=500).contains(&text.len()) && text.split('/').all(part_ok) {
            return Ok(Self(text.into()));
        }
        Err(NameError {
            what: "step path",
            found: text.to_owned(),
            expected: "1 to 500 characters, parts separated by '/', none empty or '..'",
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ProjectName;

    #[test]
    fn the_name_of_a_project_is_a_label_of_a_host() {
        for name in ["default", "a", "web-2", "0", &"x".repeat(63)] {
            assert_eq!(ProjectName::new(name).unwrap().as_str(), name);
        }
        let long = "x".repeat(64);
        for name in
            ["", "-a", "a-", "Web", "a_b", "a.b", "..", ".", "../../x", "a/b", "a\0", "ä", &long]
        {
            assert!(ProjectName::new(name).is_err(), "{name:?}");
        }
        assert_eq!(ProjectName::default(), ProjectName::new(ProjectName::DEFAULT).unwrap());
    }
}
