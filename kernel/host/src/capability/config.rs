//! `config`: what the operator configured for this binding.

use wasmtime::Result;

use crate::bindings::config::Host;
use crate::call::CallState;

impl Host for CallState {
    fn get(&mut self) -> Result<String> {
        Ok(self.plugin.config.to_string())
    }
}
