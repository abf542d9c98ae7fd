//! Who asked for a run, and on whose behalf its plugins may act.

use kernel_ports::run::RunRow;
use serde::{Deserialize, Serialize};
use wit_envelope::language::Trigger;

/// Somebody who asks for a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker {
    /// For people.
    pub name: String,
    /// On whose behalf plugins of the run may call the server's own API, in the words of whoever
    /// checks that; none: on nobody's.
    pub behalf: Option<String>,
}

/// Why a run exists, as it is stored: what its language is told, and what is not for it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reason {
    #[serde(flatten)]
    pub(crate) trigger: Trigger,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behalf: Option<String>,
}

impl From<&str> for Asker {
    /// Somebody on whose behalf nothing can be done.
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), behalf: None }
    }
}

/// Returns on whose behalf plugins of a run may act.
#[must_use]
pub fn behalf(row: &RunRow) -> Option<String> {
    serde_json::from_str::<Reason>(&row.trigger).ok()?.behalf
}
