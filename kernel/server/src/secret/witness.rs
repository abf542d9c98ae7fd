//! Writes down who has read which secret: by name, never by value.

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use kernel_auth::{Audit, Entry, Outcome};
use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_ports::store::StoreError;
use serde_json::json;

/// Tells the audit of each name that a run reads once, however often its steps do.
///
/// Invariants:
/// - What is to be written down is on the disk before the value is handed out.
#[derive(Default)]
pub(super) struct Witness {
    /// None in a run of its own, which has no audit.
    audit: OnceLock<Audit>,
    told: Mutex<BTreeSet<(Option<RunId>, String)>>,
}

/// Who reads.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    Run(RunId, &'a Name),
    /// A plugin outside of any run, such as a backend that needs its own password.
    Plugin,
}

impl Reader<'_> {
    fn run(self) -> Option<RunId> {
        match self {
            Self::Run(run, _) => Some(run),
            Self::Plugin => None,
        }
    }
}

impl Witness {
    pub(super) fn audit_set(&self, audit: &Audit) {
        // Set once, by the engine.
        drop(self.audit.set(audit.clone()));
    }

    /// `place` is the scope in which the value was found, or nothing.
    pub(super) async fn tell(
        &self,
        reader: Reader<'_>,
        name: &str,
        place: &str,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        let Some(audit) = self.audit.get() else { return Ok(()) };
        let told = (reader.run(), name.to_owned());
        if self.lock().contains(&told) {
            return Ok(());
        }
        let (actor, after) = match reader {
            Reader::Run(run, pipeline) => {
                (format!("run/{run}"), Some(json!({ "pipeline": pipeline.as_str() }).to_string()))
            }
            Reader::Plugin => ("plugins".to_owned(), None),
        };
        let slash = if place.is_empty() { "" } else { "/" };
        let entry = Entry {
            actor,
            action: "secret.read".to_owned(),
            target: format!("{place}{slash}secret/{name}"),
            outcome,
            after,
            ..Entry::default()
        };
        audit.record(entry).await?;
        self.lock().insert(told);
        Ok(())
    }

    /// Forgets a run, which has ended.
    pub(super) fn forget(&self, run: RunId) {
        self.lock().retain(|(of, _)| *of != Some(run));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<(Option<RunId>, String)>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
