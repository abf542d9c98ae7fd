//! Which pending attempt is the newest of its defer key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};

/// An attempt, over all runs.
type Who = (RunId, StepNo, u32);

/// Keys in one workspace are nothing to another.
type Key = (WorkspaceId, String);

/// By key. In memory only: a restart makes every pending attempt the newest of its own, which runs
/// one too many rather than one too few.
#[derive(Debug, Default)]
pub(crate) struct Defers(Mutex<HashMap<Key, Who>>);

impl Defers {
    /// Makes `who` the newest; returns the one that it replaces.
    pub(crate) fn register(&self, key: Key, who: Who) -> Option<Who> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(key, who)
    }

    /// Forgets `who`, which starts or has ended.
    pub(crate) fn forget(&self, key: &Key, who: Who) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.get(key) == Some(&who) {
            table.remove(key);
        }
    }
}
