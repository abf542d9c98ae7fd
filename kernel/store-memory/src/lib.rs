//! A store in memory, for tests and for runs that nobody keeps.
//!
//! Invariants:
//! - It means what the other stores mean: the same list of conformance tests runs on all.
//! - A method is one critical section, so that it happens as a whole or not at all: it checks
//!   first, and changes then.

mod control;
mod kv;
mod pipeline;
mod run;
mod workspace;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel_model::event::Recorded;
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::workspace::Workspace;
use kernel_ports::artifact::Artifact;
use kernel_ports::kv::KvItem;
use kernel_ports::pipeline::{Pipeline, PipelineVersion};
use kernel_ports::run::{RunRow, SavedResult};
use kernel_ports::store::Store;

pub use crate::control::MemoryControl;

/// A store that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    data: Mutex<Data>,
    statements: AtomicU64,
}

#[derive(Debug, Default)]
struct Data {
    boot: Option<BootId>,
    /// Removed ones too.
    pipelines: HashMap<PipelineId, Kept>,
    names: BTreeMap<Name, PipelineId>,
    facts: BTreeMap<(PipelineId, WorkspaceId, String), Arc<str>>,
    runs: BTreeMap<RunId, KeptRun>,
    idempotency: HashMap<Arc<str>, RunId>,
    results: HashMap<(WorkspaceId, String), SavedResult>,
    /// Archived ones too.
    workspaces: BTreeMap<WorkspaceId, Workspace>,
    kv: BTreeMap<(String, String), KvItem>,
}

#[derive(Debug)]
struct Kept {
    pipeline: Pipeline,
    /// By number, from 1.
    versions: Vec<PipelineVersion>,
    /// The number of the newest run.
    runs: u64,
}

#[derive(Debug)]
struct KeptRun {
    row: RunRow,
    history: Vec<Recorded>,
    language_state: Option<Arc<[u8]>>,
    artifacts: BTreeMap<Arc<str>, Artifact>,
}

impl MemoryStore {
    /// Returns an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins what would be a statement elsewhere.
    fn data(&self) -> MutexGuard<'_, Data> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Data {
    /// A pipeline that was removed remembers nothing: returns false.
    fn fact_set(
        &mut self,
        (pipeline, workspace): (PipelineId, WorkspaceId),
        key: &str,
        value: Option<Arc<str>>,
    ) -> bool {
        let is_named = |kept: &Kept| self.names.get(&kept.pipeline.name) == Some(&pipeline);
        if !self.pipelines.get(&pipeline).is_some_and(is_named) {
            return false;
        }
        let key = (pipeline, workspace, key.to_owned());
        match value {
            Some(value) => self.facts.insert(key, value),
            None => self.facts.remove(&key),
        };
        true
    }
}

impl Store for MemoryStore {
    fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}
