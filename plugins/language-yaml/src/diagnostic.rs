//! Remarks about a source, collected so that all mistakes are told at once.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// A place in a source, counted from 1; 0 means the source as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos {
    pub line: u32,
    pub column: u32,
}

/// Whether a remark refuses the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

/// A remark about a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    pub at: Pos,
    pub severity: Severity,
    /// A stable word, such as `unknown-key`.
    pub code: &'static str,
    /// What was found and what was expected.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

/// Collects remarks; the same one (such as from each turn of a matrix) is kept once.
#[derive(Debug, Default)]
pub struct Remarks(RefCell<BTreeSet<Diagnostic>>);

impl Severity {
    /// Returns the word of the contract.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Remarks {
    /// Adds an error.
    pub fn error(&self, at: Pos, code: &'static str, message: impl Into<String>) {
        self.add(at, Severity::Error, code, message.into(), None);
    }

    /// Adds an error with a way out.
    pub fn error_hint(
        &self,
        at: Pos,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(at, Severity::Error, code, message.into(), Some(hint.into()));
    }

    /// Adds a warning.
    pub fn warning(&self, at: Pos, code: &'static str, message: impl Into<String>) {
        self.add(at, Severity::Warning, code, message.into(), None);
    }

    /// Adds an error about a name that is none of `known`.
    pub fn unknown<'k>(
        &self,
        at: Pos,
        code: &'static str,
        message: impl Into<String>,
        found: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = closest(found, &known).map(|name| format!("did you mean {name:?}?"));
        let hint = hint.or_else(|| listing(&known));
        self.add(at, Severity::Error, code, message.into(), hint);
    }

    /// Returns whether a name looks like a misspelling of a known one.
    #[must_use]
    pub fn like(found: &str, known: &[&str]) -> bool {
        closest(found, known).is_some()
    }

    /// Returns whether an error was added.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.borrow().iter().any(|remark| remark.severity == Severity::Error)
    }

    /// Returns all remarks in the order of the source.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        self.0.into_inner().into_iter().collect()
    }

    fn add(
        &self,
        at: Pos,
        severity: Severity,
        code: &'static str,
        message: String,
        hint: Option<String>,
    ) {
        self.0.borrow_mut().insert(Diagnostic { at, severity, code, message, hint });
    }
}

/// Returns the known name that is most like `found`, if one is like it at all.
fn closest<'k>(found: &str, known: &[&'k str]) -> Option<&'k str> {
    let found = found.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&found, &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4 && *distance < name.len())
        .min()
        .map(|(_, name)| name)
}

/// Lists a few names; a long list would not help.
fn listing(known: &[&str]) -> Option<String> {
    match known.len() {
        0 => None,
        1..=24 => {
            let mut known = known.to_vec();
            known.sort_unstable();
            Some(format!("expected one of: {}", known.join(", ")))
        }
        _ => None,
    }
}
