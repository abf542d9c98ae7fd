//! Puts the values of secrets into texts that go to a process.

use kernel_model::id::RunId;
use kernel_ports::secret::reference::{Part, parts};
use kernel_ports::secret::{SecretError, Secrets};

/// Returns the text with the values in place. A value is not looked through again: it may look
/// like a reference without being one.
pub(crate) async fn resolve(
    text: &str,
    run: RunId,
    secrets: &dyn Secrets,
) -> Result<String, SecretError> {
    let mut resolved = String::with_capacity(text.len());
    for part in parts(text) {
        match part {
            Part::Text(text) => resolved.push_str(text),
            Part::Secret(name) => resolved.push_str(&secrets.secret_get(run, name).await?),
        }
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests;
