//! Sealing and opening with a key of this binding, which no plugin sees. Granted without parameters.
//!
//! At most 1 MiB a call, each way.

use crate::error::Result;

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::keyring as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::keyring as host;

/// Encrypts `plain` and binds it to `associated`, which is not kept: give the same to [`open`].
pub fn seal(associated: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    Ok(host::seal(associated, plain)?)
}

/// Decrypts what [`seal`] gave. The error is `invalid` when it was changed or belongs elsewhere.
pub fn open(associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    Ok(host::open(associated, sealed)?)
}
