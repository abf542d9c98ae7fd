//! Secrets in a vault that speaks the KV API, version 2, with a token or an AppRole.
//!
//! A secret is an entry of its own, `PREFIX/SCOPE/-/NAME`, with the one field `value`. No scope
//! has a part `-`, so no scope is within another one's folder; `/` in a name is written as `~`,
//! which no name has, so that a folder lists names and not folders.

mod login;
mod vault;

use serde_json::{Value, json};
use tenon_sdk::{Error, Result, Secrets};
use wit_envelope::secrets::{
    SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite, SecretWritten,
};

use crate::vault::{Answer, Vault};

/// Values that a vault keeps.
#[derive(Debug)]
pub struct Kept;

impl Secrets for Kept {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let vault = Vault::open()?;
        let missing =
            || Error::not_found(format!("the vault has no secret {:?} in {}", at.name, at.scope));
        let Answer::Found(body) = vault.call("GET", &vault.data(&at.scope, &at.name), None)? else {
            return Err(missing());
        };
        // An entry that was removed, but not destroyed, answers with null.
        let value = body["data"]["data"]["value"].as_str().ok_or_else(missing)?.to_owned();
        Ok(SecretValue { value, version: version(&body["data"]["metadata"]) })
    }

    fn write(write: SecretWrite) -> Result<SecretWritten> {
        let vault = Vault::open()?;
        let body = json!({ "data": { "value": write.value } });
        match vault.call("POST", &vault.data(&write.scope, &write.name), Some(&body))? {
            Answer::Found(body) => Ok(SecretWritten { version: version(&body["data"]) }),
            Answer::Missing => Err(vault.no_engine()),
        }
    }

    fn remove(at: SecretAt) -> Result<()> {
        let vault = Vault::open()?;
        // All versions with it: a value that was removed must not come back.
        vault.call("DELETE", &vault.metadata(&at.scope, &at.name), None).map(drop)
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let vault = Vault::open()?;
        let path = format!("{}?list=true", vault.metadata(&scope.scope, ""));
        let Answer::Found(body) = vault.call("GET", &path, None)? else {
            return Ok(SecretNames::default());
        };
        let keys = body["data"]["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut names: Vec<String> =
            keys.filter(|key| !key.ends_with('/')).map(|key| key.replace('~', "/")).collect();
        names.sort();
        Ok(SecretNames { names })
    }
}

fn version(metadata: &Value) -> String {
    metadata["version"].as_u64().map(|version| version.to_string()).unwrap_or_default()
}

tenon_sdk::export_secrets!(Kept);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
