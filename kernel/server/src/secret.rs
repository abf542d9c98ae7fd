//! Values of secrets: lent for one run, kept in memory, forgotten at its end.
//!
//! Invariants:
//! - No value is ever written to disk, and `Debug` shows none.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use kernel_model::id::RunId;
use kernel_ports::secret::{SecretError, Secrets};

use crate::redact::Masker;

/// The secrets of all runs in progress.
#[derive(Default)]
pub(crate) struct LentSecrets {
    runs: RwLock<HashMap<RunId, Lent>>,
}

#[derive(Default)]
struct Lent {
    values: BTreeMap<String, String>,
    /// Made when it is first asked for, and again after another value.
    masker: Option<Arc<Masker>>,
}

impl fmt::Debug for LentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentSecrets").finish_non_exhaustive()
    }
}

impl LentSecrets {
    /// Returns what masks the values of a run.
    pub(crate) fn masker(&self, run: RunId) -> Arc<Masker> {
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let Some(lent) = runs.get_mut(&run) else { return Arc::new(Masker::new([])) };
        let values = &lent.values;
        let masker = lent
            .masker
            .get_or_insert_with(|| Arc::new(Masker::new(values.values().map(String::as_str))));
        Arc::clone(masker)
    }
}

#[async_trait]
impl Secrets for LentSecrets {
    async fn secret_get(&self, run: RunId, name: &str) -> Result<String, SecretError> {
        let runs = self.runs.read().unwrap_or_else(PoisonError::into_inner);
        let value = runs.get(&run).and_then(|lent| lent.values.get(name));
        value.cloned().ok_or_else(|| SecretError::Missing { name: name.to_owned() })
    }

    fn secret_lend(&self, run: RunId, name: &str, value: &str) {
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let lent = runs.entry(run).or_default();
        lent.values.insert(name.to_owned(), value.to_owned());
        lent.masker = None;
    }

    fn secret_mask(&self, run: RunId, text: &str) -> Option<String> {
        let masker = self.masker(run);
        if masker.is_empty() {
            return None;
        }
        let masked = String::from_utf8_lossy(&masker.mask(text.as_bytes())).into_owned();
        (masked != text).then_some(masked)
    }

    fn secret_forget(&self, run: RunId) {
        self.runs.write().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }
}

#[cfg(test)]
mod tests;
