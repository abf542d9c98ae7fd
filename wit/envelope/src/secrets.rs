//! What a secret backend is asked and what it answers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One secret (argument of `secrets.read` and `secrets.remove`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretAt {
    /// `server`, `project/NAME` or `project/NAME/pipeline/NAME`.
    pub scope: String,
    pub name: String,
}

/// A value (answer of `secrets.read`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretValue {
    pub value: String,
    /// Another one for each value, such as a counter; empty when the backend has none.
    pub version: String,
}

/// A new value (argument of `secrets.write`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretWrite {
    pub scope: String,
    pub name: String,
    pub value: String,
}

/// Answer of `secrets.write`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretWritten {
    /// The version of the new value; empty when the backend has none.
    pub version: String,
}

/// Argument of `secrets.list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretScope {
    pub scope: String,
}

/// Answer of `secrets.list`: names of exactly that scope, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretNames {
    pub names: Vec<String>,
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretWrite")
            .field("scope", &self.scope)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
