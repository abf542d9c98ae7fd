//! Which pending attempt is the newest of its defer key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel_model::event::StepNo;
use kernel_model::id::RunId;

/// An attempt, over all runs.
type Who = (RunId, StepNo, u32);

/// By key. In memory only: a restart makes every pending attempt the newest of its own, which runs
/// one too many rather than one too few.
#[derive(Debug, Default)]
pub(crate) struct Defers(Mutex<HashMap<String, Who>>);

impl Defers {
    /// Makes `who` the newest; returns the one that it replaces.
    pub(crate) fn register(&self, key: &str, who: Who) -> Option<Who> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(key.to_owned(), who)
    }

    /// Forgets `who`, which starts or has ended.
    pub(crate) fn forget(&self, key: &str, who: Who) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.get(key) == Some(&who) {
            table.remove(key);
        }
    }
}
