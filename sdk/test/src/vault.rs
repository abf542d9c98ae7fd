//! The secrets that the test has set, for runs and for the server alike.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel_model::id::RunId;
use kernel_ports::secret::{SecretError, Secrets};

/// Values by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Vault(pub(crate) BTreeMap<String, String>);

#[async_trait]
impl Secrets for Vault {
    async fn secret_get(&self, _run: RunId, name: &str) -> Result<String, SecretError> {
        self.secret_get_of_server(name).await
    }

    async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
        self.0.get(name).cloned().ok_or_else(|| SecretError::Missing { name: name.to_owned() })
    }
}
