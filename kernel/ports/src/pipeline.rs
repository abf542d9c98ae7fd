//! Pipelines and their versions.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::id::{PipelineId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::time::Time;

use crate::store::StoreError;

/// A named, versioned definition of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    pub id: PipelineId,
    pub name: Name,
    /// The newest version, from 1.
    pub version: u32,
    pub paused: bool,
    pub created_at: Time,
    pub updated_at: Time,
}

/// One version of a pipeline. Never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineVersion {
    pub pipeline: PipelineId,
    pub version: u32,
    /// The name of the language's binding.
    pub language: Arc<str>,
    pub file_name: Arc<str>,
    pub source: Arc<str>,
    /// The JSON object of values that were fixed when it was set.
    pub vars: Arc<str>,
    /// The compiled plan, JSON of the contract (`compiled.json`).
    pub compiled: Arc<str>,
    /// The digest of the language plugin that compiled it.
    pub compiled_by: Arc<str>,
    pub created_at: Time,
}

/// What becomes a new version.
#[derive(Debug, Clone)]
pub struct PipelineDraft {
    /// Used if there is no pipeline of that name yet.
    pub id: PipelineId,
    pub name: Name,
    pub language: Arc<str>,
    pub file_name: Arc<str>,
    pub source: Arc<str>,
    pub vars: Arc<str>,
    pub compiled: Arc<str>,
    pub compiled_by: Arc<str>,
    pub at: Time,
    /// Only if this is still the newest version; 0: only if the name is free.
    pub seen: Option<u32>,
}

/// Keeps pipelines.
#[async_trait]
pub trait PipelineStore: Send + Sync {
    /// Adds a version. If source, vars, language and `compiled_by` equal those of the newest version, that one stays
    /// the newest, and is returned.
    async fn pipeline_put(&self, draft: PipelineDraft) -> Result<Pipeline, StoreError>;
    async fn pipeline_get(&self, name: &Name) -> Result<Option<Pipeline>, StoreError>;
    /// Lists by name, after `after`.
    async fn pipeline_list(
        &self,
        after: Option<&Name>,
        limit: u32,
    ) -> Result<Vec<Pipeline>, StoreError>;
    async fn pipeline_version_get(
        &self,
        pipeline: PipelineId,
        version: u32,
    ) -> Result<Option<PipelineVersion>, StoreError>;
    /// Lists versions from the newest to the oldest, before `before`.
    async fn pipeline_version_list(
        &self,
        pipeline: PipelineId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<PipelineVersion>, StoreError>;
    async fn pipeline_pause(
        &self,
        name: &Name,
        paused: bool,
        at: Time,
    ) -> Result<Pipeline, StoreError>;
    /// Removes the name; runs and versions stay readable by run. Facts are forgotten.
    async fn pipeline_remove(&self, name: &Name) -> Result<(), StoreError>;
    /// Returns the values that the pipeline remembers, JSON each: of each key the value of the first
    /// of `workspaces` that has one. Unknown keys are left out.
    async fn fact_get(
        &self,
        pipeline: PipelineId,
        workspaces: &[WorkspaceId],
        keys: &[String],
    ) -> Result<Vec<(String, Arc<str>)>, StoreError>;
    /// Sets a value outside of a run (for polls), in the workspace `default`; `None` forgets it.
    async fn fact_set(
        &self,
        pipeline: PipelineId,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError>;
}
