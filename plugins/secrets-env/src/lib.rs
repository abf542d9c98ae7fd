//! Secrets from the environment of the server, read-only.
//!
//! A component has no environment. The server hands over the variables that begin with a prefix
//! and the files of one folder, as this plugin's configuration; whoever may set those may run the
//! server, so they count for the server as a whole.

use std::collections::BTreeMap;

use serde::Deserialize;
use tenon_sdk::{Error, Result, Secrets, config};
use wit_envelope::secrets::{SecretAt, SecretNames, SecretScope, SecretValue};

/// The only scope that it has.
const SCOPE: &str = "server";

/// Values that the operator put into the environment.
#[derive(Debug)]
pub struct Env;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    values: BTreeMap<String, String>,
}

impl Secrets for Env {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let SecretAt { scope, name } = at;
        let mut values = config::<Config>()?.values;
        let found = (scope == SCOPE)
            .then(|| values.remove(&name).or_else(|| values.remove(&variable(&name))))
            .flatten();
        let missing = || Error::not_found(format!("the environment has no secret {name:?}"));
        Ok(SecretValue { value: found.ok_or_else(missing)?, version: String::new() })
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let names = match scope.scope.as_str() {
            SCOPE => config::<Config>()?.values.into_keys().collect(),
            _ => vec![],
        };
        Ok(SecretNames { names })
    }
}

/// Returns how a name is written as a variable: `api-token` as `API_TOKEN`.
fn variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(word).collect()
}

tenon_sdk::export_secrets!(Env);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
