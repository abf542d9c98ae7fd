//! The binding's own durable map. Granted with a limit on its size.
//!
//! Keys: 1 to 512 bytes. Values: at most 64 KiB.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::kv as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::kv as host;

/// A value and its version, which counts up from 1 with each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// As it was set.
    pub value: Vec<u8>,
    /// For [`set_if`].
    pub version: u64,
}

/// Returns a value, if it is there.
pub fn get(key: &str) -> Result<Option<Item>> {
    let item = host::get(key)?;
    Ok(item.map(|item| Item { value: item.value, version: item.version }))
}

/// Returns a value that was set by [`set_json`].
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>> {
    let Some(item) = get(key)? else { return Ok(None) };
    let value = serde_json::from_slice(&item.value)
        .map_err(|err| Error::internal(format!("the value of {key:?} is not readable: {err}")))?;
    Ok(Some(value))
}

/// Sets a value, and returns its new version.
pub fn set(key: &str, value: &[u8]) -> Result<u64> {
    Ok(host::set(key, value, None)?)
}

/// Sets a value if its version is still `seen` (0: not there); else the error is a `conflict`.
pub fn set_if(key: &str, value: &[u8], seen: u64) -> Result<u64> {
    Ok(host::set(key, value, Some(seen))?)
}

/// Sets a value as JSON, and returns its new version.
pub fn set_json(key: &str, value: &impl Serialize) -> Result<u64> {
    let bytes = serde_json::to_vec(value)
        .map_err(|err| Error::internal(format!("failed to write the value of {key:?}: {err}")))?;
    set(key, &bytes)
}

/// Forgets a value. What is not there is no error.
pub fn remove(key: &str) -> Result<()> {
    Ok(host::remove(key)?)
}

/// Lists keys with a prefix in order, after `after`, at most 1,000.
pub fn list(prefix: &str, after: Option<&str>) -> Result<Vec<String>> {
    Ok(host::list(prefix, after)?)
}
