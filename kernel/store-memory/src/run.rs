//! Runs and their histories.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::event::Recorded;
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::time::Time;
use kernel_ports::artifact::Artifact;
use kernel_ports::run::{NewRun, RunAppend, RunFilter, RunRow, RunStatus, RunStore, SavedResult};
use kernel_ports::store::StoreError;

use crate::{Data, KeptRun, MemoryStore};

#[async_trait]
impl RunStore for MemoryStore {
    async fn boot(&self, boot: BootId, _at: Time) -> Result<Option<BootId>, StoreError> {
        Ok(self.data().boot.replace(boot))
    }

    async fn run_create(&self, run: NewRun) -> Result<(RunRow, bool), StoreError> {
        let mut data = self.data();
        let known = run.idempotency_key.as_ref().and_then(|key| data.idempotency.get(key));
        if let Some(known) = known.and_then(|id| data.runs.get(id)) {
            return Ok((known.row.clone(), false));
        }
        if !data.pipelines.contains_key(&run.pipeline) {
            return Err(StoreError::NotFound { what: run.pipeline.to_string() });
        }
        if data.runs.contains_key(&run.id) {
            return Err(StoreError::Conflict { what: run.id.to_string(), seen: 0, found: 1 });
        }
        Ok((create(&mut data, run), true))
    }

    async fn run_append(&self, append: RunAppend) -> Result<(), StoreError> {
        let mut data = self.data();
        if let Some(holder) = data.boot.filter(|holder| *holder != append.boot) {
            return Err(StoreError::Fenced { holder: holder.to_string() });
        }
        let what = append.run.to_string();
        let Some(run) = data.runs.get_mut(&append.run) else {
            return Err(StoreError::NotFound { what });
        };
        if run.row.seq != append.seen {
            return Err(StoreError::Conflict { what, seen: append.seen, found: run.row.seq });
        }
        let (pipeline, workspace) = apply(run, &append);
        for (key, value) in append.facts {
            data.fact_set((pipeline, workspace), &key, value);
        }
        for result in append.results {
            let place = (workspace, result.key.clone());
            if data.results.get(&place).is_none_or(|known| known.at <= result.at) {
                data.results.insert(place, result);
            }
        }
        Ok(())
    }

    async fn run_get(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(self.data().runs.get(&run).map(|kept| kept.row.clone()))
    }

    async fn run_list(&self, filter: &RunFilter, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let data = self.data();
        let before = filter.before.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = data.runs.range((Bound::Unbounded, before)).rev().map(|(_, kept)| &kept.row);
        let rows = rows.filter(|row| matches(filter, row)).take(limit as usize);
        Ok(rows.cloned().collect())
    }

    async fn run_list_open(
        &self,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let data = self.data();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = data.runs.range((after, Bound::Unbounded)).map(|(_, kept)| &kept.row);
        Ok(rows.filter(|row| is_open(row)).take(limit as usize).cloned().collect())
    }

    async fn run_history(
        &self,
        run: RunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Recorded>, StoreError> {
        let data = self.data();
        let history = data.runs.get(&run).map(|kept| kept.history.as_slice()).unwrap_or_default();
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(history.iter().skip(after).take(limit.max(1) as usize).cloned().collect())
    }

    async fn run_language_state(&self, run: RunId) -> Result<Option<Arc<[u8]>>, StoreError> {
        Ok(self.data().runs.get(&run).and_then(|kept| kept.language_state.clone()))
    }

    async fn result_get(
        &self,
        workspace: WorkspaceId,
        key: &str,
    ) -> Result<Option<SavedResult>, StoreError> {
        Ok(self.data().results.get(&(workspace, key.to_owned())).cloned())
    }

    async fn artifact_list(&self, run: RunId) -> Result<Vec<Artifact>, StoreError> {
        let data = self.data();
        let artifacts = data.runs.get(&run).map(|kept| kept.artifacts.values());
        Ok(artifacts.into_iter().flatten().cloned().collect())
    }

    async fn run_count_open(&self) -> Result<u64, StoreError> {
        let data = self.data();
        Ok(data.runs.values().filter(|kept| is_open(&kept.row)).count() as u64)
    }
}

fn create(data: &mut Data, run: NewRun) -> RunRow {
    let mut number = 0;
    if let Some(kept) = data.pipelines.get_mut(&run.pipeline) {
        kept.runs += 1;
        number = kept.runs;
    }
    for (key, value) in run.facts {
        data.fact_set((run.pipeline, run.workspace), &key, value);
    }
    if let Some(key) = run.idempotency_key {
        data.idempotency.insert(key, run.id);
    }
    let row = RunRow {
        id: run.id,
        pipeline: run.pipeline,
        pipeline_name: run.pipeline_name,
        version: run.version,
        workspace: run.workspace,
        workspace_name: run.workspace_name,
        number,
        status: RunStatus::Queued,
        trigger: run.trigger,
        trigger_kind: run.trigger_kind,
        input: run.input,
        origin: run.origin,
        message: None,
        created_at: run.at,
        started_at: None,
        ended_at: None,
        wake_at: None,
        seq: 0,
    };
    let kept = KeptRun {
        row: row.clone(),
        history: vec![],
        language_state: None,
        artifacts: BTreeMap::new(),
    };
    data.runs.insert(run.id, kept);
    row
}

/// Returns the pipeline of the run, and its workspace.
fn apply(run: &mut KeptRun, append: &RunAppend) -> (PipelineId, WorkspaceId) {
    run.history.extend(append.events.iter().cloned());
    run.row.seq += append.events.len() as u64;
    run.row.status = append.status;
    run.row.message.clone_from(&append.message);
    run.row.started_at = append.started_at;
    run.row.ended_at = append.ended_at;
    run.row.wake_at = append.wake_at;
    if let Some(state) = &append.language_state {
        run.language_state = Some(Arc::clone(state));
    }
    for artifact in &append.artifacts {
        run.artifacts
            .insert(artifact.name.clone(), Artifact { run: append.run, ..artifact.clone() });
    }
    (run.row.pipeline, run.row.workspace)
}

fn is_open(row: &RunRow) -> bool {
    match row.status {
        RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => true,
        RunStatus::Ended(_) => false,
    }
}

fn matches(filter: &RunFilter, row: &RunRow) -> bool {
    filter.pipeline.as_ref().is_none_or(|name| row.pipeline_name == *name)
        && filter.workspace.as_ref().is_none_or(|name| row.workspace_name == *name)
        && (filter.status.is_empty() || filter.status.contains(&row.status))
        && filter.trigger_kind.as_ref().is_none_or(|kind| *row.trigger_kind == **kind)
        && filter.created_since.is_none_or(|since| row.created_at >= since)
        && filter.created_until.is_none_or(|until| row.created_at <= until)
}
