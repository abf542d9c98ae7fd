//! References to secrets inside texts: `secret:NAME` as a whole, `((secret:NAME))` inside.

use kernel_model::id::RunId;
use kernel_ports::secret::{SecretError, Secrets};

const OPEN: &str = "((secret:";
const CLOSE: &str = "))";

/// Returns the text with the values in place.
pub(crate) async fn resolve(
    text: &str,
    run: RunId,
    secrets: &dyn Secrets,
) -> Result<String, SecretError> {
    if let Some(name) = text.strip_prefix("secret:")
        && is_name(name)
    {
        return secrets.secret_get(run, name).await;
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let (before, from) = rest.split_at(at);
        resolved.push_str(before);
        let inner = &from[OPEN.len()..];
        match inner.find(CLOSE).map(|end| (&inner[..end], &inner[end + CLOSE.len()..])) {
            Some((name, after)) if is_name(name) => {
                resolved.push_str(&secrets.secret_get(run, name).await?);
                rest = after;
            }
            // No reference after all: the text stays as it is.
            _ => {
                resolved.push_str(OPEN);
                rest = inner;
            }
        }
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
}

#[cfg(test)]
mod tests;
