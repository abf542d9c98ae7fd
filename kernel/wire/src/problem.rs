//! What every refusal looks like (RFC 9457, `application/problem+json`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::diagnostic::Diagnostic;

/// A refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Problem {
    /// `urn:tenon:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short name of the kind of problem; the same for each code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs, such as `pipeline-unknown`.
    pub code: String,
    /// What happened, for people.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The mistakes of a source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Diagnostic>,
}
