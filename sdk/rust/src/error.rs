//! Why a call did not succeed.

use std::fmt;
use std::time::Duration;

use crate::bindings::imports::tenon::plugin::types;

/// The result of a capability and of a plugin's function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call did not succeed: a word of the contract's list, and a sentence for a person.
///
/// Sentences start in lower case, have no full stop, name the thing and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Such as `invalid`, `not-found`, `denied`, `unavailable`, `abandoned`, `internal`.
    pub code: String,
    /// For a person.
    pub message: String,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
    /// Facts for programs, at most 64.
    pub detail: Vec<(String, String)>,
}

impl Error {
    /// An error with any code of the contract's list.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry_after: None, detail: Vec::new() }
    }

    /// The caller's input is wrong; trying again does not help.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("invalid", message)
    }

    /// The thing is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("not-found", message)
    }

    /// Somebody may not do this, or a grant is missing.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new("denied", message)
    }

    /// The thing is in another state than the caller thinks.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new("conflict", message)
    }

    /// A limit of the contract was passed.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new("limit", message)
    }

    /// It took too long; trying again may help.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::new("timeout", message)
    }

    /// The outside does not answer; trying again may help.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new("unavailable", message)
    }

    /// The plugin cannot do what was asked.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new("unsupported", message)
    }

    /// Somebody asked the work to stop.
    pub fn cancelled(message: impl Into<String>) -> Self {
        Self::new("cancelled", message)
    }

    /// Contact with the work was lost; the kernel tries again.
    pub fn abandoned(message: impl Into<String>) -> Self {
        Self::new("abandoned", message)
    }

    /// A bug in the plugin.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("internal", message)
    }

    /// Says when trying again makes sense.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds a fact for programs.
    #[must_use]
    pub fn detail(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.detail.push((key.into(), value.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<types::Error> for Error {
    fn from(err: types::Error) -> Self {
        Self {
            code: err.code,
            message: err.message,
            retry_after: err.retry_after_ms.map(Duration::from_millis),
            detail: err.detail,
        }
    }
}

impl From<Error> for types::Error {
    fn from(err: Error) -> Self {
        Self {
            code: err.code,
            message: err.message,
            retry_after_ms: err.retry_after.map(millis),
            detail: err.detail,
        }
    }
}

/// Returns a duration in milliseconds; what no `u64` holds is as long as one can.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
