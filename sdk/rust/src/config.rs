//! What the operator configured for this binding.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Reads the configuration, which the kernel has checked against the manifest's schema.
pub fn config<T: DeserializeOwned>() -> Result<T> {
    serde_json::from_str(&text())
        .map_err(|err| Error::invalid(format!("failed to read the plugin's configuration: {err}")))
}

#[cfg(target_family = "wasm")]
fn text() -> String {
    crate::bindings::imports::tenon::plugin::config::get()
}

#[cfg(not(target_family = "wasm"))]
fn text() -> String {
    crate::testing::with(|host| host.config.to_string())
}
