//! What a webhook plugin is asked and what it answers.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::Header;

/// What was sent to the address of a trigger (argument of `webhook.receive`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Delivery {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    pub headers: Vec<Header>,
    /// Base64 of the body, which has at most 4 MiB.
    pub body: String,
    /// When it arrived, in ms since the Unix epoch.
    pub now_ms: u64,
    /// What to check the signature with, the newest first; empty: none is set.
    pub secrets: Vec<String>,
}

/// What is to be made of a delivery (answer of `webhook.receive`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Receipt {
    /// Whether it comes from who holds one of the secrets. Never true without a secret.
    pub genuine: bool,
    /// Why it is not genuine: `forged`, `unsigned`, `stale` (signed, but long ago), `foreign`
    /// (not of this provider), `no-secret`, or another word. Empty when it is.
    pub code: String,
    /// What the provider calls this delivery, the same when it is sent again; empty: nothing.
    /// The kernel takes each only once.
    pub delivery_id: String,
    /// Such as `push`; empty: none.
    pub event: String,
    /// What the provider says, as JSON.
    pub payload: Value,
    /// Facts under names that all providers share, those that apply: `repository`, `branch`,
    /// `tag`, `commit`, `pull-request`, `action`, `actor`, `url`.
    pub facts: BTreeMap<String, String>,
    /// Whether it may start runs; false for a ping.
    pub starts: bool,
    /// What to answer at once, instead of what the kernel says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
}

/// An answer that a provider insists on, such as the echo of a challenge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Response {
    /// 0: 200.
    pub status: u16,
    pub headers: Vec<Header>,
    pub body: String,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
