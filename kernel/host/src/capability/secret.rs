//! `secret-store` and `secret-reveal`: names of secrets that may be used, and their values.

use wasmtime::Result;
use wasmtime::component::Resource;

use kernel_ports::secret::SecretError;

use crate::bindings::types::Error;
use crate::bindings::{secret_reveal, secret_store};
use crate::call::{CallState, error};
use crate::fault::Stop;
use crate::secret_text::Reader;

/// In one call.
const SECRETS: u32 = 64;
const NAME_BYTES: usize = 200;
/// Shorter values are no secret, and would mask half of a log.
const MASKED_BYTES: usize = 4;
const VALUE_BYTES: usize = 64 * 1024;

/// A secret that the plugin may use. It holds no value.
#[derive(Debug)]
pub struct Secret {
    name: String,
}

impl secret_store::Host for CallState {
    async fn get(&mut self, name: String) -> Result<Result<Resource<Secret>, Error>> {
        if let Err(err) = self.secret_check("secret-store", &name) {
            return Ok(Err(err));
        }
        match self.secret_value(&name).await {
            Ok(_) => Ok(Ok(self.table.push(Secret { name })?)),
            Err(err) => Ok(Err(err)),
        }
    }
}

impl secret_store::HostSecret for CallState {
    async fn name(&mut self, secret: Resource<Secret>) -> Result<String> {
        Ok(self.table.get(&secret)?.name.clone())
    }

    async fn reference(&mut self, secret: Resource<Secret>) -> Result<String> {
        Ok(format!("((secret:{}))", self.table.get(&secret)?.name))
    }

    async fn drop(&mut self, secret: Resource<Secret>) -> Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}

impl secret_reveal::Host for CallState {
    async fn reveal(&mut self, secret: Resource<Secret>) -> Result<Result<String, Error>> {
        let name = self.table.get(&secret)?.name.clone();
        if let Err(err) = self.secret_check("secret-reveal", &name) {
            return Ok(Err(err));
        }
        Ok(match self.secret_value(&name).await {
            Ok(value) if value.len() > VALUE_BYTES => {
                let message = format!("the secret {name:?} has more than {VALUE_BYTES} bytes");
                Err(error("limit", message))
            }
            Ok(value) => {
                if value.len() >= MASKED_BYTES {
                    self.revealed.push(value.clone());
                }
                Ok(value)
            }
            Err(err) => Err(err),
        })
    }
}

impl CallState {
    /// Returns the way to the values of secrets, for this plugin in this run.
    pub(crate) fn secret_reader(&self) -> Reader<'_> {
        let (secrets, grants) = (&*self.services.secrets, &self.plugin.grants);
        Reader { secrets, run: self.facts.run, grants, config: &self.plugin.config }
    }

    async fn secret_value(&mut self, name: &str) -> Result<String, Error> {
        let value = self.secret_reader().value(name);
        self.facts.outside(value).await?.map_err(|err| refusal(&err))
    }

    fn secret_check(&mut self, capability: &str, name: &str) -> Result<(), Error> {
        self.secrets += 1;
        if self.secrets > SECRETS {
            return Err(error("limit", format!("one call can use at most {SECRETS} secrets")));
        }
        if name.is_empty() || name.len() > NAME_BYTES {
            let message = format!("the name of a secret has 1 to {NAME_BYTES} bytes");
            return Err(error("invalid", message));
        }
        if self.plugin.grants.allows_secret(capability, name) {
            return Ok(());
        }
        Err(self.deny(capability, Some(name)))
    }
}

fn refusal(err: &SecretError) -> Error {
    let code = match err {
        SecretError::Missing { .. } => "not-found",
        SecretError::Undeclared { .. } | SecretError::Ungranted { .. } => "denied",
        SecretError::TooLong { .. } => "limit",
        SecretError::Backend { .. }
        | SecretError::Setting { .. }
        | SecretError::Audit { .. }
        | SecretError::Keep { .. } => "unavailable",
    };
    error(code, Stop::host(err).to_string())
}
