//! The masks of one run, which grow while it goes on.

use std::sync::{Arc, PoisonError, RwLock};

use kernel_redact::Masker;

/// Holds the newest masker of a run.
pub(crate) struct Masks(RwLock<Arc<Masker>>);

impl Default for Masks {
    fn default() -> Self {
        Self(RwLock::new(Arc::new(Masker::new([]))))
    }
}

impl Masks {
    pub(crate) fn get(&self) -> Arc<Masker> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set(&self, masker: Masker) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(masker);
    }
}
