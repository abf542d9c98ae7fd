//! Pipelines and their versions.

use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::id::{PipelineId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_ports::pipeline::{Pipeline, PipelineDraft, PipelineStore, PipelineVersion};
use kernel_ports::store::StoreError;

use crate::{Kept, MemoryStore};

#[async_trait]
impl PipelineStore for MemoryStore {
    async fn pipeline_put(&self, draft: PipelineDraft) -> Result<Pipeline, StoreError> {
        let mut data = self.data();
        let known = data.names.get(&draft.name).copied();
        let newest = known.and_then(|id| data.pipelines.get_mut(&id));
        let found = newest.as_ref().map_or(0, |kept| kept.pipeline.version);
        if let Some(seen) = draft.seen.filter(|seen| *seen != found) {
            let what = format!("pipeline {:?}", draft.name.as_str());
            return Err(StoreError::Conflict { what, seen: seen.into(), found: found.into() });
        }
        if let Some(kept) = newest {
            if !kept.versions.last().is_some_and(|newest| is_same(newest, &draft)) {
                kept.pipeline.version += 1;
                kept.pipeline.updated_at = draft.at;
                kept.versions.push(version(&kept.pipeline, &draft));
            }
            return Ok(kept.pipeline.clone());
        }
        let pipeline = Pipeline {
            id: draft.id,
            name: draft.name.clone(),
            version: 1,
            paused: false,
            created_at: draft.at,
            updated_at: draft.at,
        };
        let versions = vec![version(&pipeline, &draft)];
        data.names.insert(draft.name, draft.id);
        data.pipelines.insert(draft.id, Kept { pipeline: pipeline.clone(), versions, runs: 0 });
        Ok(pipeline)
    }

    async fn pipeline_get(&self, name: &Name) -> Result<Option<Pipeline>, StoreError> {
        let data = self.data();
        let id = data.names.get(name);
        Ok(id.and_then(|id| data.pipelines.get(id)).map(|kept| kept.pipeline.clone()))
    }

    async fn pipeline_list(
        &self,
        after: Option<&Name>,
        limit: u32,
    ) -> Result<Vec<Pipeline>, StoreError> {
        let data = self.data();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = data.names.range::<Name, _>((from, Bound::Unbounded)).map(|(_, id)| id);
        let kept = ids.filter_map(|id| data.pipelines.get(id)).take(limit as usize);
        Ok(kept.map(|kept| kept.pipeline.clone()).collect())
    }

    async fn pipeline_version_get(
        &self,
        pipeline: PipelineId,
        version: u32,
    ) -> Result<Option<PipelineVersion>, StoreError> {
        let data = self.data();
        let versions = data.pipelines.get(&pipeline).map(|kept| kept.versions.as_slice());
        let mut versions = versions.unwrap_or_default().iter();
        Ok(versions.find(|known| known.version == version).cloned())
    }

    async fn pipeline_version_list(
        &self,
        pipeline: PipelineId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<PipelineVersion>, StoreError> {
        let data = self.data();
        let versions = data.pipelines.get(&pipeline).map(|kept| kept.versions.as_slice());
        let versions = versions.unwrap_or_default().iter().rev();
        let versions = versions.filter(|known| before.is_none_or(|before| known.version < before));
        Ok(versions.take(limit as usize).cloned().collect())
    }

    async fn pipeline_pause(
        &self,
        name: &Name,
        paused: bool,
        at: Time,
    ) -> Result<Pipeline, StoreError> {
        let mut data = self.data();
        let id = data.names.get(name).copied();
        let kept = id.and_then(|id| data.pipelines.get_mut(&id)).ok_or_else(|| not_found(name))?;
        kept.pipeline.paused = paused;
        kept.pipeline.updated_at = at;
        Ok(kept.pipeline.clone())
    }

    async fn pipeline_remove(&self, name: &Name) -> Result<(), StoreError> {
        let mut data = self.data();
        let id = data.names.remove(name).ok_or_else(|| not_found(name))?;
        data.facts.retain(|(pipeline, _, _), _| *pipeline != id);
        Ok(())
    }

    async fn fact_get(
        &self,
        pipeline: PipelineId,
        workspaces: &[WorkspaceId],
        keys: &[String],
    ) -> Result<Vec<(String, Arc<str>)>, StoreError> {
        let data = self.data();
        let get = |key: &String| {
            let places = workspaces.iter().map(|workspace| (pipeline, *workspace, key.clone()));
            let value = places.filter_map(|place| data.facts.get(&place)).next()?;
            Some((key.clone(), value.clone()))
        };
        Ok(keys.iter().filter_map(get).collect())
    }

    async fn fact_set(
        &self,
        pipeline: PipelineId,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut data = self.data();
        let place = (pipeline, WorkspaceId::DEFAULT);
        if data.fact_set(place, key, value.map(Into::into)) {
            return Ok(());
        }
        Err(StoreError::NotFound { what: pipeline.to_string() })
    }
}

fn is_same(newest: &PipelineVersion, draft: &PipelineDraft) -> bool {
    newest.source == draft.source
        && newest.vars == draft.vars
        && newest.language == draft.language
        && newest.compiled_by == draft.compiled_by
}

fn version(pipeline: &Pipeline, draft: &PipelineDraft) -> PipelineVersion {
    PipelineVersion {
        pipeline: pipeline.id,
        version: pipeline.version,
        language: draft.language.clone(),
        file_name: draft.file_name.clone(),
        source: draft.source.clone(),
        vars: draft.vars.clone(),
        compiled: draft.compiled.clone(),
        compiled_by: draft.compiled_by.clone(),
        created_at: draft.at,
    }
}

fn not_found(name: &Name) -> StoreError {
    StoreError::NotFound { what: format!("pipeline {:?}", name.as_str()) }
}
