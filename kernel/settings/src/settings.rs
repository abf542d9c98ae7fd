//! What is set, and where each value came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::kind::{Kind, size};
use crate::setting::Setting;
use crate::table;
use crate::value::{Read, Value};

/// What is shown in place of a secret.
pub(crate) const MASK: &str = "********";

/// The value of every setting that has one.
#[derive(Clone, Default)]
pub struct Settings {
    pub(crate) values: BTreeMap<&'static str, (Value, Origin)>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// Something that an operator should know, though it stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub place: String,
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A setting was read as something that its kind does not allow.
#[derive(Debug, thiserror::Error)]
#[error("bug: the setting {0} was read as something that it cannot be")]
pub struct Bug(&'static str);

impl Settings {
    /// Returns the defaults: what holds where nobody has set anything.
    #[must_use]
    pub fn defaults() -> Self {
        let mut values = BTreeMap::new();
        for row in table::all() {
            // A test reads every default.
            if let Some(Ok(value)) = row.default.map(|text| row.kind.read(text)) {
                values.insert(row.key, (value, Origin::Default));
            }
        }
        Self { values }
    }

    /// Returns the value of a setting. Ask for an `Option` where there may be none; a list that is
    /// not set is empty.
    ///
    /// # Errors
    /// Fails when the type does not fit the row, which is a bug of the caller.
    pub fn get<T: Read>(&self, row: &'static Setting) -> Result<T, Bug> {
        T::read(self.values.get(row.key).map(|(value, _)| value)).ok_or(Bug(row.key))
    }

    /// Returns where the value of a setting came from. None if it has no value.
    #[must_use]
    pub fn origin(&self, row: &'static Setting) -> Option<&Origin> {
        self.values.get(row.key).map(|(_, origin)| origin)
    }

    /// Returns whether somebody has set it.
    #[must_use]
    pub fn is_set(&self, row: &'static Setting) -> bool {
        self.origin(row).is_some_and(|origin| *origin != Origin::Default)
    }

    /// Returns the value as people read it; a secret is masked. None if there is none.
    #[must_use]
    pub fn text(&self, row: &'static Setting) -> Option<String> {
        let value = self.shown(row)?;
        Some(match (row.kind, &value) {
            (Kind::Size { .. }, Value::Number(bytes)) => size::text(*bytes),
            _ => value.text(),
        })
    }

    /// Returns the value as text, a secret in clear: for who uses it, and nobody else.
    #[must_use]
    pub fn plain(&self, row: &'static Setting) -> Option<String> {
        self.values.get(row.key).map(|(value, _)| value.text())
    }

    /// Returns the value as it may be shown: a secret is masked. None if there is none.
    #[must_use]
    pub fn shown(&self, row: &'static Setting) -> Option<Value> {
        let (value, _) = self.values.get(row.key)?;
        Some(if row.secret { Value::Text(MASK.to_owned()) } else { value.clone() })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = table::all().filter_map(|row| Some((row.key, self.shown(row)?)));
        f.debug_map().entries(shown).finish()
    }
}
