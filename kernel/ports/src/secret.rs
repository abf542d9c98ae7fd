//! Values that must not be seen.

use async_trait::async_trait;

use kernel_model::id::RunId;

/// Why a secret has no value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("there is no secret {name:?}; set it before the run, or give it with --secret")]
    Missing { name: String },
    #[error("failed to read the secret {name:?}")]
    Backend {
        name: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Knows the values of secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Returns the value that `name` has for a run (its pipeline's, else the project's).
    async fn secret_get(&self, run: RunId, name: &str) -> Result<String, SecretError>;
    /// Returns the value that `name` has for the server itself, for plugins outside of a run.
    async fn secret_get_of_server(&self, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.to_owned() })
    }
    /// Keeps values for one run only, in memory.
    fn secret_lend(&self, run: RunId, name: &str, value: &str);
    /// Returns the text with the values that were lent to a run taken out, in all the forms in which
    /// they may be written; none if there is nothing to take out.
    fn secret_mask(&self, run: RunId, text: &str) -> Option<String> {
        let _ = (run, text);
        None
    }
    /// Forgets what was lent to a run, which has ended.
    fn secret_forget(&self, run: RunId) {
        let _ = run;
    }
}
