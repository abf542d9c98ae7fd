//! Runs and their histories.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::event::Recorded;
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;

use crate::artifact::Artifact;
use crate::store::StoreError;

/// Where a run stands, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    Queued,
    Running,
    Waiting,
    Ended(Outcome),
}

/// A run without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    pub id: RunId,
    pub pipeline: PipelineId,
    /// The pipeline's name when the run was made.
    pub pipeline_name: Name,
    pub version: u32,
    pub workspace: WorkspaceId,
    pub workspace_name: WorkspaceName,
    /// Counts the runs of the pipeline from 1.
    pub number: u64,
    pub status: RunStatus,
    /// JSON of the contract (`Trigger`).
    pub trigger: Arc<str>,
    /// The trigger's kind, for filters.
    pub trigger_kind: Arc<str>,
    /// JSON of the contract (`RunInput`).
    pub input: Arc<str>,
    /// The run that this one was made from, by retry or rerun.
    pub origin: Option<RunId>,
    pub message: Option<Arc<str>>,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// When a waiting run wants to go on.
    pub wake_at: Option<Time>,
    /// How many events the history has.
    pub seq: u64,
}

/// A run to be accepted.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub id: RunId,
    pub pipeline: PipelineId,
    pub pipeline_name: Name,
    pub version: u32,
    pub workspace: WorkspaceId,
    pub workspace_name: WorkspaceName,
    pub trigger: Arc<str>,
    pub trigger_kind: Arc<str>,
    pub input: Arc<str>,
    pub origin: Option<RunId>,
    pub at: Time,
    /// A second run with the same key is not made; the first is returned.
    pub idempotency_key: Option<Arc<str>>,
    /// Values to remember together with the run (for polls), JSON each. They are those of the
    /// pipeline in the run's workspace, as for [`RunAppend`].
    pub facts: Vec<(String, Option<Arc<str>>)>,
}

/// What happened to a run, and what follows from it for the store. One transaction.
#[derive(Debug, Clone)]
pub struct RunAppend {
    pub run: RunId,
    /// Who appends; refused with [`StoreError::Fenced`] if another boot holds the store.
    pub boot: BootId,
    /// How many events the history had; refused with [`StoreError::Conflict`] if it has more.
    pub seen: u64,
    pub events: Vec<Recorded>,
    /// The language's state after these events, if it was called.
    pub language_state: Option<Arc<[u8]>>,
    /// The row's new values.
    pub status: RunStatus,
    pub message: Option<Arc<str>>,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
    pub wake_at: Option<Time>,
    /// Values that the pipeline remembers from now on in the run's workspace, JSON each; `None`
    /// forgets.
    pub facts: Vec<(String, Option<Arc<str>>)>,
    /// Results that later steps may reuse, in the run's workspace.
    pub results: Vec<SavedResult>,
    pub artifacts: Vec<Artifact>,
}

/// A step's result, for reuse by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedResult {
    /// Namespace, version and key in one.
    pub key: String,
    pub value: Arc<str>,
    pub run: RunId,
    pub at: Time,
}

/// Which runs, and from where on. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    pub pipeline: Option<Name>,
    pub workspace: Option<WorkspaceName>,
    /// Any of these; empty: all.
    pub status: Vec<RunStatus>,
    pub trigger_kind: Option<String>,
    pub created_since: Option<Time>,
    pub created_until: Option<Time>,
    /// Only runs older than this one: the last of the page before.
    pub before: Option<RunId>,
}

/// Keeps runs.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Takes the store for this boot, and fences off every other. Returns who held it before.
    async fn boot(&self, boot: BootId, at: Time) -> Result<Option<BootId>, StoreError>;
    /// Accepts a run, status queued. The flag is false if the idempotency key was known, and the
    /// row is then that of the earlier run.
    async fn run_create(&self, run: NewRun) -> Result<(RunRow, bool), StoreError>;
    async fn run_append(&self, append: RunAppend) -> Result<(), StoreError>;
    async fn run_get(&self, run: RunId) -> Result<Option<RunRow>, StoreError>;
    /// Lists from the newest to the oldest.
    async fn run_list(&self, filter: &RunFilter, limit: u32) -> Result<Vec<RunRow>, StoreError>;
    /// Lists the runs that have not ended, oldest first, after `after`.
    async fn run_list_open(
        &self,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError>;
    /// Returns the events after the first `after` ones, at least one if there are any, about
    /// `limit` at the most.
    async fn run_history(
        &self,
        run: RunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Recorded>, StoreError>;
    /// Returns the language's state; `None` before its first call.
    async fn run_language_state(&self, run: RunId) -> Result<Option<Arc<[u8]>>, StoreError>;
    /// Returns the newest result for a key that was saved in a workspace.
    async fn result_get(
        &self,
        workspace: WorkspaceId,
        key: &str,
    ) -> Result<Option<SavedResult>, StoreError>;
    async fn artifact_list(&self, run: RunId) -> Result<Vec<Artifact>, StoreError>;
    /// Counts the runs that have not ended.
    async fn run_count_open(&self) -> Result<u64, StoreError>;
}
