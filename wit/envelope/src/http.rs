//! HTTP as several kinds speak of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One header. Names are compared without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Header {
    pub name: String,
    pub value: String,
}

impl Header {
    /// A header of that name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Returns the first header of that name, whatever its case.
#[must_use]
pub fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.map(|header| header.value.as_str())
}

/// A request that the kernel is to send, under the plugin's grant `http`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Send {
    pub method: String,
    pub url: String,
    /// Values may hold secret references.
    pub headers: Vec<Header>,
    /// At most 8 MiB of text.
    pub body: String,
}
