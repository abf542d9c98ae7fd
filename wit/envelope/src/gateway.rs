//! What a gateway is asked and what it answers. Bodies cross the boundary as bytes beside it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::Header;

/// The head of a request (argument of `gateway.handle`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayRequest {
    pub method: String,
    /// Below the gateway's own path; begins with `/`.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Without credentials.
    pub headers: Vec<Header>,
    /// Where clients reach the gateway, such as `https://ci.example.com/mcp`.
    pub base_url: String,
    pub caller: Caller,
    pub now_ms: u64,
}

/// Who sends a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Caller {
    /// `user`, `token`, `anonymous`, or another word.
    pub kind: String,
    /// Empty for an anonymous one.
    pub name: String,
    /// The project that the gateway serves; empty: none.
    pub project: String,
    /// Further facts.
    pub facts: BTreeMap<String, String>,
}

/// The head of a response (`gateway.response.head`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayResponse {
    /// 200 to 599.
    pub status: u16,
    /// Those that belong to the connection are left out.
    pub headers: Vec<Header>,
}

/// How a gateway describes itself in its manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayDescription {
    /// Where it would like to be, such as `/mcp`; the operator decides.
    pub path: String,
    /// Whether callers without credentials reach it.
    pub anonymous: bool,
}
