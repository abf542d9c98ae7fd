//! What a notifier is asked and what it answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message to people (argument of `notifier.send`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Message {
    /// The same when it is tried again, so that nobody gets it twice.
    pub id: String,
    /// One line; empty: none.
    pub subject: String,
    pub text: String,
    pub format: Format,
    pub level: Level,
    /// Channels, addresses or names, as this notifier understands them; empty: as configured.
    pub recipients: Vec<String>,
    /// What the message is about, for people to follow; empty: none.
    pub url: String,
    /// Facts such as `pipeline`, `run`, `status`, `project`.
    pub facts: BTreeMap<String, String>,
}

/// How the text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    #[default]
    Plain,
    /// CommonMark.
    Markdown,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    #[default]
    Info,
    Success,
    Warning,
    Error,
}

/// Answer of `notifier.send`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Sent {
    /// What the receiving system calls the message; empty: nothing.
    pub reference: String,
    /// Recipients that it did not reach, and why. The others must not get it again.
    pub failed: BTreeMap<String, String>,
}
