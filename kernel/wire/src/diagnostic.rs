//! Remarks about a source.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How grave a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Error,
    Warning,
}

/// A remark about a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    pub severity: Severity,
    /// A stable word for the kind of mistake, such as `unknown-key`.
    pub code: String,
    pub message: String,
    /// From 1; 0: the source as a whole.
    pub line: u32,
    /// From 1, in characters; 0: the line as a whole.
    pub column: u32,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What `validate` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// Whether there is no error (warnings are allowed).
    pub valid: bool,
    pub diagnostics: Vec<Diagnostic>,
}
