//! `config`: what the operator configured for this binding.

use wasmtime::Result;

use crate::bindings::config::Host;
use crate::call::CallState;

impl Host for CallState {
    fn get(&mut self) -> Result<String> {
        let config = self.services.configs.get(&*self.plugin.name);
        Ok(config.cloned().unwrap_or_else(|| "{}".to_owned()))
    }
}
