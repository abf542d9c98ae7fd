//! New runs made from old ones.

use std::sync::Arc;

use kernel_model::id::RunId;
use kernel_model::name::StepPath;
use kernel_model::outcome::Outcome;
use kernel_model::run::Run;
use kernel_model::step::Step;
use kernel_ports::run::{NewRun, RunRow, RunStatus};
use kernel_ports::store::StoreError;
use wit_envelope::language::{RunInput, Trigger, Work};

use crate::actor::history;
use crate::asker::{Asker, Reason};
use crate::run::json;
use crate::{Feature, Scheduler, SchedulerError};

impl Scheduler {
    /// Starts a new run of the same version and input that reuses the results and volumes of what
    /// succeeded before. `from`: that step and all that were started after it run again; none: all
    /// that did not succeed.
    pub async fn run_retry(
        &self,
        run: RunId,
        from: Option<&StepPath>,
        by: impl Into<Asker>,
        idempotency_key: Option<String>,
    ) -> Result<RunRow, SchedulerError> {
        self.inner.settings.feature_check(Feature::Retries)?;
        let origin = self.ended(run).await?;
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
        self.again(id, origin, "retry", &input, by.into(), idempotency_key).await
    }

    /// Starts a new run of the same version and input from the beginning.
    pub async fn run_rerun(
        &self,
        run: RunId,
        by: impl Into<Asker>,
        idempotency_key: Option<String>,
    ) -> Result<RunRow, SchedulerError> {
        self.inner.settings.feature_check(Feature::Retries)?;
        let origin = self.ended(run).await?;
        let mut input = input(&origin)?;
        input.reuse.clear();
        let id = RunId(self.parts().entropy.id());
        self.again(id, origin, "rerun", &input, by.into(), idempotency_key).await
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
        by: Asker,
        idempotency_key: Option<String>,
    ) -> Result<RunRow, SchedulerError> {
        let mut trigger: Trigger = parse(&origin, &origin.trigger)?;
        // What triggered the origin (such as a version) goes for its child too.
        let facts = std::mem::take(&mut trigger.data);
        let data = serde_json::json!({ "origin": origin.id.to_string(), "trigger": facts });
        let data = if trigger.kind == "resource" { facts_of(&data) } else { data };
        let trigger = Trigger { kind: kind.to_owned(), by: by.name, data };
        let reason = Reason { trigger, behalf: by.behalf };
        let new = NewRun {
            id,
            pipeline: origin.pipeline,
            pipeline_name: origin.pipeline_name,
            version: origin.version,
            trigger: json(&reason)?,
            trigger_kind: kind.into(),
            input: json(input)?,
            origin: Some(origin.id),
            at: self.parts().clock.now(),
            idempotency_key: idempotency_key.map(Arc::from),
            facts: vec![],
        };
        let (row, is_new) = self.inner.run_accept(new).await?;
        if !is_new {
            self.parts().volumes.run_remove(id).await;
        }
        Ok(row)
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
