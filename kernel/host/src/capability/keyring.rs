//! `keyring`: sealing and opening with a key of the binding, which no plugin sees.

use std::sync::Arc;

use kernel_ports::keyring::{Keyring, KeyringError};
use wasmtime::Result;

use crate::bindings::keyring::Host;
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::fault::Stop;

/// At once, each way; sealing adds a little.
const BYTES: usize = 1024 * 1024;
const SEAL_BYTES: usize = 1024;

impl Host for CallState {
    fn seal(&mut self, associated: Vec<u8>, plain: Vec<u8>) -> Result<Result<Vec<u8>, Error>> {
        Ok(self.sealed(associated.len() + plain.len(), |keyring, scope| {
            keyring.seal(scope, &associated, &plain)
        }))
    }

    fn open(&mut self, associated: Vec<u8>, sealed: Vec<u8>) -> Result<Result<Vec<u8>, Error>> {
        let size = (associated.len() + sealed.len()).saturating_sub(SEAL_BYTES);
        Ok(self.sealed(size, |keyring, scope| keyring.open(scope, &associated, &sealed)))
    }
}

impl CallState {
    fn sealed(
        &self,
        size: usize,
        act: impl FnOnce(&dyn Keyring, &str) -> Result<Vec<u8>, KeyringError>,
    ) -> Result<Vec<u8>, Error> {
        if size > BYTES {
            let message = format!("at most {BYTES} bytes can be sealed at once");
            return Err(error("limit", message));
        }
        let Some(keyring) = self.services.keyring.as_ref().map(Arc::as_ref) else {
            return Err(error("unavailable", "the server has no key to seal with"));
        };
        // One binding never opens what another one has sealed.
        let scope = format!("plugin/{}", self.plugin.name);
        act(keyring, &scope).map_err(|err| refusal(&err))
    }
}

fn refusal(err: &KeyringError) -> Error {
    let code = match err {
        KeyringError::Format { .. }
        | KeyringError::KeyUnknown { .. }
        | KeyringError::Refused { .. } => "invalid",
        KeyringError::Randomness { .. } => "unavailable",
    };
    error(code, Stop::host(err).to_string())
}
