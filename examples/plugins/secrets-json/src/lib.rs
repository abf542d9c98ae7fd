//! Secrets from a JSON document that a web server of your own hands out.
//!
//! The document is an object of scopes, each an object of names and values:
//! `{"server": {"deploy-token": "…"}, "project/default": {"db-password": "…"}}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use tenon_sdk::envelope::secrets::{SecretAt, SecretNames, SecretScope, SecretValue};
use tenon_sdk::http::Request;
use tenon_sdk::schemars::{self, JsonSchema};
use tenon_sdk::{Error, Result, Secrets, config};

/// What the operator sets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the document is, such as `https://vault.example.com/tenon.json`.
    url: String,
    /// A token for it, as a reference: `secret:backend/NAME`.
    #[serde(default)]
    token: Option<String>,
}

/// Values by scope and name.
type Document = BTreeMap<String, BTreeMap<String, String>>;

/// The backend. It only reads: writing is refused, as the SDK does for what is left out.
#[derive(Debug)]
pub struct Json;

impl Secrets for Json {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let value = document()?.remove(&at.scope).and_then(|mut names| names.remove(&at.name));
        let missing = || Error::not_found(format!("there is no {:?} in {}", at.name, at.scope));
        Ok(SecretValue { value: value.ok_or_else(missing)?, version: String::new() })
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let names = document()?.remove(&scope.scope).unwrap_or_default();
        Ok(SecretNames { names: names.into_keys().collect() })
    }
}

/// Fails closed: without the document there is no value, and no word about which there would be.
fn document() -> Result<Document> {
    let config: Config = config()?;
    let mut request = Request::get(&config.url);
    if let Some(token) = config.token.as_deref().and_then(|token| token.strip_prefix("secret:")) {
        // The kernel puts the value in place when the request leaves.
        request = request.header("authorization", &format!("Bearer ((secret:{token}))"));
    }
    let answer = request.send()?;
    match answer.status() {
        200 => answer.json().map_err(|_| {
            // What it says instead may hold a value, and is not repeated.
            Error::invalid(format!("{} is no object of scopes with names and values", config.url))
        }),
        401 | 403 => Err(Error::new("denied", format!("{} refuses the token", config.url))),
        status => Err(Error::unavailable(format!("{} answered with {status}", config.url))),
    }
}

tenon_sdk::export_secrets!(Json);
tenon_sdk::manifest!("../manifest.json", config = Config);

#[cfg(test)]
mod tests;
