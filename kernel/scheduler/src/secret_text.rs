//! Puts the values of secrets into texts that go to a process.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kernel_model::id::RunId;
use kernel_ports::secret::reference::{Part, parts};
use kernel_ports::secret::{SecretError, Secrets};

/// Twice what the input of a command may have without values: small references to large values must
/// not fill the memory.
const TEXT_BYTES: usize = 8 * 1024 * 1024;

/// Returns the text with the values in place. A value is not looked through again: it may look
/// like a reference without being one.
pub(crate) async fn resolve(
    text: &str,
    run: RunId,
    secrets: &dyn Secrets,
) -> Result<String, SecretError> {
    let mut resolved = String::with_capacity(text.len());
    // Each is read once, however often it is referred to.
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    for part in parts(text) {
        let more = match part {
            Part::Text(text) => text,
            Part::Secret(name) => match values.entry(name) {
                Entry::Occupied(known) => known.into_mut().as_str(),
                Entry::Vacant(new) => new.insert(secrets.secret_get(run, name).await?).as_str(),
            },
        };
        if resolved.len() + more.len() > TEXT_BYTES {
            return Err(SecretError::TooLong { bytes_max: TEXT_BYTES });
        }
        resolved.push_str(more);
    }
    Ok(resolved)
}

#[cfg(test)]
mod tests;
