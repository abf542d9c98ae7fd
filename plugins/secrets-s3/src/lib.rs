//! Secrets in a bucket of any server that speaks S3.
//!
//! An object `PREFIX/SCOPE/-/NAME` holds a value, sealed by the server's key as that name of that
//! scope: whoever reads the bucket learns names and sizes. No scope has a part `-`, so no scope is
//! within another one's folder.

mod bucket;
mod encryption;
mod signature;
mod xml;

use serde::{Deserialize, Serialize};
use tenon_sdk::{Error, Result, Secrets, base64, keyring};
use wit_envelope::secrets::{
    SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite, SecretWritten,
};

use crate::bucket::Bucket;

/// Pages of 1,000 names that one call may ask for.
const PAGES: usize = 7;

/// Values that a bucket keeps.
#[derive(Debug)]
pub struct Kept;

/// What an object holds.
#[derive(Serialize, Deserialize)]
struct Object {
    format: u32,
    /// Base64.
    sealed: String,
}

const FORMAT: u32 = 1;

impl Secrets for Kept {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let bucket = Bucket::open()?;
        let key = bucket.key(&at.scope, &at.name);
        let Some((bytes, version)) = bucket.get(&key)? else {
            return Err(Error::not_found(format!(
                "the bucket has no secret {:?} in {}",
                at.name, at.scope
            )));
        };
        let foreign =
            || Error::invalid(format!("the object {key:?} was not written by this plugin"));
        let object: Object = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
        if object.format != FORMAT {
            return Err(Error::invalid(format!("a newer version of this plugin wrote {key:?}")));
        }
        let sealed = base64::decode(&object.sealed).ok_or_else(foreign)?;
        let plain = keyring::open(&bound(&at.scope, &at.name), &sealed)?;
        let value = String::from_utf8(plain).map_err(|_| foreign())?;
        Ok(SecretValue { value, version })
    }

    fn write(write: SecretWrite) -> Result<SecretWritten> {
        let bucket = Bucket::open()?;
        let sealed = keyring::seal(&bound(&write.scope, &write.name), write.value.as_bytes())?;
        let object = Object { format: FORMAT, sealed: base64::encode(&sealed) };
        let bytes = serde_json::to_vec(&object).map_err(|err| Error::internal(err.to_string()))?;
        let version = bucket.put(&bucket.key(&write.scope, &write.name), bytes)?;
        Ok(SecretWritten { version })
    }

    fn remove(at: SecretAt) -> Result<()> {
        let bucket = Bucket::open()?;
        bucket.remove(&bucket.key(&at.scope, &at.name))
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let bucket = Bucket::open()?;
        let prefix = bucket.key(&scope.scope, "");
        let mut names = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let page = bucket.list(&prefix, token.as_deref())?;
            names.extend(
                page.keys.iter().filter_map(|key| key.strip_prefix(&prefix)).map(str::to_owned),
            );
            token = page.next;
            if token.is_none() {
                names.sort();
                return Ok(SecretNames { names });
            }
        }
        Err(Error::new("limit", format!("{} has more secrets than can be listed", scope.scope)))
    }
}

/// What a sealed value is bound to: where the object lies does not matter, so buckets can move.
fn bound(scope: &str, name: &str) -> Vec<u8> {
    format!("{scope}\0{name}").into_bytes()
}

tenon_sdk::export_secrets!(Kept);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
