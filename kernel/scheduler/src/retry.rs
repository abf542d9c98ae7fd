//! New runs made from old ones.

use kernel_model::id::RunId;
use kernel_model::name::StepPath;
use kernel_model::outcome::Outcome;
use kernel_model::run::Run;
use kernel_model::step::Step;
use kernel_model::workspace::{Workspace, WorkspaceName};
use kernel_ports::run::{NewRun, RunRow, RunStatus};
use kernel_ports::store::StoreError;
use wit_envelope::language::{RunInput, Trigger, Work};

use crate::actor::history;
use crate::asker::{Asker, Reason};
use crate::run::json;
use crate::workspace::key_in;
use crate::{Feature, Scheduler, SchedulerError};

/// How a run is to be run again.
#[derive(Debug, Clone, Default)]
pub struct Again {
    pub by: Asker,
    /// Where: in a workspace that inherits from the run's own. None: in that one.
    pub workspace: Option<WorkspaceName>,
    pub idempotency_key: Option<String>,
}

impl Scheduler {
    /// Starts a new run of the same version and input that reuses the results and volumes of what
    /// succeeded before. `from`: that step and all that were started after it run again; none: all
    /// that did not succeed.
    pub async fn run_retry(
        &self,
        run: RunId,
        from: Option<&StepPath>,
        again: Again,
    ) -> Result<RunRow, SchedulerError> {
        self.inner.settings.feature_check(Feature::Retries)?;
        let origin = self.ended(run).await?;
        let workspace = self.workspace_below(&origin, again.workspace.as_ref())?;
        let before = history(self.parts().store.as_ref(), run).await;
        let before = Run::replay(&before.map_err(SchedulerError::Store)?).map_err(|err| {
            let what = run.to_string();
            SchedulerError::Store(StoreError::Corrupt { what, reason: err.to_string() })
        })?;
        let reused = reused(run, &before, from)?;
        let id = RunId(self.parts().entropy.id());
        self.volumes_copy(run, id, &reused).await?;
        let mut input = input(&origin)?;
        input.reuse = reused.iter().map(|step| step.node.path.to_string()).collect();
        self.again(id, origin, "retry", &input, again, workspace).await
    }

    /// Starts a new run of the same version and input from the beginning.
    pub async fn run_rerun(&self, run: RunId, again: Again) -> Result<RunRow, SchedulerError> {
        self.inner.settings.feature_check(Feature::Retries)?;
        let origin = self.ended(run).await?;
        let workspace = self.workspace_below(&origin, again.workspace.as_ref())?;
        let mut input = input(&origin)?;
        input.reuse.clear();
        let id = RunId(self.parts().entropy.id());
        self.again(id, origin, "rerun", &input, again, workspace).await
    }

    /// Returns where a run may be run again: nothing of it may come to a workspace that does not
    /// inherit from its own.
    fn workspace_below(
        &self,
        origin: &RunRow,
        wanted: Option<&WorkspaceName>,
    ) -> Result<Workspace, SchedulerError> {
        let (run, of) = (origin.id, origin.workspace_name.clone());
        let all = self.workspaces();
        let Some(wanted) = wanted else {
            let own = all.get(origin.workspace).cloned();
            return own.ok_or(SchedulerError::WorkspaceGone { run, of });
        };
        let wanted = self.workspace_get(wanted)?;
        if all.chain(wanted.id).contains(&origin.workspace) {
            return Ok(wanted);
        }
        Err(SchedulerError::WorkspaceAside { run, of, wanted: wanted.name })
    }

    async fn ended(&self, run: RunId) -> Result<RunRow, SchedulerError> {
        let row = self.run_get(run).await?;
        match row.status {
            RunStatus::Ended(_) => Ok(row),
            RunStatus::Queued | RunStatus::Running | RunStatus::Waiting => {
                Err(SchedulerError::RunOpen { run })
            }
        }
    }

    async fn volumes_copy(
        &self,
        from: RunId,
        to: RunId,
        reused: &[&Step],
    ) -> Result<(), SchedulerError> {
        if !reused.iter().any(|step| leaves_files(step)) {
            return Ok(());
        }
        match self.parts().volumes.run_copy(from, to).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SchedulerError::VolumesGone { run: from }),
            Err(err) => Err(SchedulerError::Volumes { run: from, err }),
        }
    }

    async fn again(
        &self,
        id: RunId,
        origin: RunRow,
        kind: &str,
        input: &RunInput,
        again: Again,
        workspace: Workspace,
    ) -> Result<RunRow, SchedulerError> {
        let mut trigger: Trigger = parse(&origin, &origin.trigger)?;
        // What triggered the origin (such as a version) goes for its child too.
        let facts = std::mem::take(&mut trigger.data);
        let data = serde_json::json!({ "origin": origin.id.to_string(), "trigger": facts });
        let data = if trigger.kind == "resource" { facts_of(&data) } else { data };
        let trigger = Trigger { kind: kind.to_owned(), by: again.by.name, data };
        let reason = Reason { trigger, behalf: again.by.behalf };
        let new = NewRun {
            id,
            pipeline: origin.pipeline,
            pipeline_name: origin.pipeline_name,
            version: origin.version,
            workspace: workspace.id,
            workspace_name: workspace.name,
            trigger: json(&reason)?,
            trigger_kind: kind.into(),
            input: json(input)?,
            origin: Some(origin.id),
            at: self.parts().clock.now(),
            idempotency_key: key_in(workspace.id, again.idempotency_key),
            facts: vec![],
        };
        let (row, is_new) = self.inner.run_accept(new).await?;
        if !is_new {
            self.parts().volumes.run_remove(id).await;
        }
        self.run_check(row).await
    }
}

/// Keeps the resource and version at the top, where languages look for them.
fn facts_of(data: &serde_json::Value) -> serde_json::Value {
    let mut facts = data["trigger"].clone();
    facts["origin"] = data["origin"].clone();
    facts
}

/// Returns the steps whose results are taken over.
fn reused<'a>(
    run: RunId,
    before: &'a Run,
    from: Option<&StepPath>,
) -> Result<Vec<&'a Step>, SchedulerError> {
    let first = match from {
        Some(path) => {
            let unknown = || SchedulerError::StepUnknown { run, step: path.to_string() };
            Some(before.step_at(path).ok_or_else(unknown)?.no)
        }
        None => None,
    };
    let is_reused = |step: &&Step| {
        step.work.is_some()
            && step.outcome() == Some(Outcome::Succeeded)
            && first.is_none_or(|first| step.no < first)
    };
    Ok(before.steps.iter().filter(is_reused).collect())
}

fn leaves_files(step: &Step) -> bool {
    let work = step.work.as_ref().and_then(|work| serde_json::from_str(&work.work).ok());
    matches!(work, Some(Work::Launch { .. } | Work::Resource { .. }))
}

fn input(row: &RunRow) -> Result<RunInput, SchedulerError> {
    parse(row, &row.input)
}

fn parse<T: serde::de::DeserializeOwned>(row: &RunRow, text: &str) -> Result<T, SchedulerError> {
    serde_json::from_str(text).map_err(|err| {
        let what = row.id.to_string();
        SchedulerError::Store(StoreError::Corrupt { what, reason: err.to_string() })
    })
}
