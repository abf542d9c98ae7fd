//! Secrets as handles. Granted by name.
//!
//! Where a value only has to leave, such as in a header, use its reference: the host puts the
//! value in place, and it never enters the plugin. [`Secret::reveal`] is a wish of its own
//! (`secret-reveal`), for what must compute with the value.

use crate::error::Result;

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::{secret_reveal as reveal, secret_store as host};
#[cfg(not(target_family = "wasm"))]
use crate::testing::secret as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::secret as reveal;

/// A secret that exists and may be used.
#[derive(Debug)]
pub struct Secret(host::Secret);

/// Returns a handle on a secret. Errors: `denied`, `not-found`, `unavailable`.
pub fn get(name: &str) -> Result<Secret> {
    Ok(Secret(host::get(name)?))
}

impl Secret {
    /// Returns the name that it was asked for by.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Returns the text that stands for the value in headers, environments and inputs.
    #[must_use]
    pub fn reference(&self) -> String {
        self.0.reference()
    }

    /// Returns the value.
    pub fn reveal(&self) -> Result<String> {
        Ok(reveal::reveal(&self.0)?)
    }
}
