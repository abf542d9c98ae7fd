//! What an identity provider is asked and what it answers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A visitor is to be sent to the provider (argument of `identity.authorize`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Authorize {
    /// Where the provider sends the browser back to.
    pub redirect_uri: String,
    /// Comes back unchanged; the kernel compares it.
    pub state: String,
    /// PKCE: base64url of the SHA-256 of the verifier; the method is `S256`.
    pub code_challenge: String,
    /// For OpenID Connect: must be in the ID token.
    pub nonce: String,
    /// Who the visitor claims to be, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
}

/// Answer of `identity.authorize`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Redirect {
    /// `https`, or `http` to this machine.
    pub url: String,
}

/// A code has come back (argument of `identity.exchange`).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Exchange {
    pub code: String,
    /// PKCE: what the challenge was made of.
    pub code_verifier: String,
    pub nonce: String,
    /// The same as at `authorize`.
    pub redirect_uri: String,
    pub now_ms: u64,
}

/// Who somebody is (answer of `identity.exchange`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Claims {
    /// Such as `github`; with `subject` it names one person for ever.
    pub provider: String,
    /// What the provider never changes and never gives to another; not the name.
    pub subject: String,
    /// What they call themselves there, such as `octocat`.
    pub name: String,
    /// For people; empty: the name.
    pub display_name: String,
    /// Empty when it is not known or not verified.
    pub email: String,
    pub groups: Vec<String>,
    pub organizations: Vec<String>,
    /// `https`; empty: none.
    pub avatar_url: String,
    /// Further facts, for rules; at most 64 KiB.
    pub extra: Value,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
