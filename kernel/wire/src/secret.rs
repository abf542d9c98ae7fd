//! Secrets: everything but their values, which go in and never come out.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// What may be told of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    pub name: String,
    /// `server`, `project/NAME` or `project/NAME/pipeline/NAME`.
    pub scope: String,
    /// Absent: it was set in the backend, without this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}

/// The secrets of one scope, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretList {
    /// The plugin that keeps the values.
    pub backend: String,
    pub scope: String,
    pub items: Vec<Secret>,
}

/// Sets a secret. `Debug` prints no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretSet {
    /// 4 bytes to 32 KiB of text. It is never given back.
    #[schema(write_only)]
    pub value: String,
    /// Who sets it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl fmt::Debug for SecretSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSet").field("by", &self.by).finish_non_exhaustive()
    }
}

/// A secret that was set, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretAccepted {
    pub secret: Secret,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

/// Moves all values to another backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretMigrate {
    /// The backend that has them, such as `secrets-local`.
    pub from: String,
    /// The backend that gets them, and is used from then on.
    pub to: String,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretMigrated {
    /// How many values were copied and compared.
    pub secrets: u64,
    /// The backend in use.
    pub backend: String,
}

/// Replaces the server key. `Debug` prints no key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct KeyRotate {
    /// The new key, for servers whose key is given by their operator; else absent.
    #[schema(write_only)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl fmt::Debug for KeyRotate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRotate").field("has_key", &self.key.is_some()).finish()
    }
}

/// How far a rotation of the server key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// The new key is in place.
    Done,
    /// Old and new key both work, until the server is started with the new one.
    Pending,
}

/// What became of the server key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyRotated {
    pub state: KeyState,
    /// How many values were sealed again, with the new key.
    #[serde(default)]
    pub secrets: u64,
}
