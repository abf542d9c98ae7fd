//! Starting, stopping and looking at runs.

use std::sync::Arc;

use kernel_model::attempt::AttemptState;
use kernel_model::event::{Event, Recorded, StepNo};
use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_model::outcome::Outcome;
use kernel_model::run::Run;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::pipeline::Pipeline;
use kernel_ports::run::{NewRun, RunAppend, RunRow, RunStatus};
use kernel_ports::secret::{SecretUse, reference};
use kernel_ports::store::StoreError;
use serde_json::Value;
use tokio::sync::{oneshot, watch};
use wit_envelope::language::{RunInput, Trigger};

use crate::actor::{Message, history};
use crate::asker::Reason;
use crate::plan::Plan;
use crate::scheduler::Inner;
use crate::settings::launcher_allowed;
use crate::waiting::Waiting;
use crate::workspace::key_in;
use crate::{Feature, Scheduler, SchedulerError};

/// A run to be started.
#[derive(Debug, Clone)]
pub struct RunStart {
    pub pipeline: Name,
    /// None: the newest.
    pub version: Option<u32>,
    pub workspace: WorkspaceName,
    pub input: RunInput,
    pub trigger: Trigger,
    /// On whose behalf plugins of the run may act; see [`crate::Asker`].
    pub behalf: Option<String>,
    pub idempotency_key: Option<String>,
    /// Values for this run only; they are stored sealed, and forgotten at its end.
    pub secrets: Vec<(String, String)>,
}

/// A run with its steps.
#[derive(Debug, Clone)]
pub struct RunTree {
    pub row: RunRow,
    pub run: Run,
    /// Why the run itself waits, while it is queued.
    pub waiting: Option<Waiting>,
    /// Why pending attempts wait, by step.
    pub steps_waiting: Vec<(StepNo, Waiting)>,
}

impl Scheduler {
    /// Accepts a run. The flag is false if the idempotency key was known; the row is then that of
    /// the earlier run.
    pub async fn run_start(&self, start: RunStart) -> Result<(RunRow, bool), SchedulerError> {
        let RunStart { pipeline, version, workspace, input, trigger, behalf, .. } = start;
        let (idempotency_key, secrets) = (start.idempotency_key, start.secrets);
        let trigger_kind = trigger.kind.as_str().into();
        let pipeline = self.pipeline_get(&pipeline).await?;
        if pipeline.paused {
            return Err(SchedulerError::PipelinePaused { name: pipeline.name.to_string() });
        }
        let workspace = self.workspace_get(&workspace)?;
        let version = version.unwrap_or(pipeline.version);
        let plan = self.plan(&pipeline, version).await?;
        for job in &input.jobs {
            if !plan.jobs.contains(job) {
                return Err(SchedulerError::JobUnknown {
                    pipeline: pipeline.name.to_string(),
                    job: job.clone(),
                    known: plan.jobs.join(", "),
                    near: crate::near::nearest(job, plan.jobs.iter().map(String::as_str)),
                });
            }
        }
        let settings = &self.inner.settings;
        if let Some(launcher) = &input.launcher
            && !launcher_allowed(&settings.launchers_allowed, launcher)
        {
            return Err(SchedulerError::LauncherDenied { launcher: launcher.clone() });
        }
        if !secrets.is_empty() {
            settings.feature_check(Feature::Secrets)?;
        }
        let by = SecretUse { pipeline: pipeline.name.clone(), declared: Arc::clone(&plan.secrets) };
        arguments_check(&input, &by, &secrets)?;
        let run = RunId(self.inner.parts.entropy.id());
        if !secrets.is_empty() {
            let lent = self.inner.parts.secrets.secret_lend(run, secrets).await;
            lent.map_err(|err| SchedulerError::Secret(Box::new(err)))?;
        }
        let (row, is_new) = self
            .inner
            .run_accept(NewRun {
                id: run,
                pipeline: pipeline.id,
                pipeline_name: pipeline.name,
                version,
                workspace: workspace.id,
                workspace_name: workspace.name,
                trigger: json(&Reason { trigger, behalf })?,
                trigger_kind,
                input: json(&input)?,
                origin: None,
                at: self.inner.parts.clock.now(),
                idempotency_key: key_in(workspace.id, idempotency_key),
                facts: vec![],
            })
            .await?;
        Ok((self.run_check(row).await?, is_new))
    }

    /// Asks a run to stop: its steps are asked, then ended after the grace time.
    pub async fn run_cancel(&self, run: RunId, by: &str) -> Result<RunRow, SchedulerError> {
        let row = self.run_get(run).await?;
        if let RunStatus::Ended(_) = row.status {
            return Err(SchedulerError::RunEnded { run });
        }
        if self.inner.intake.withdraw(run) {
            self.inner.run_cancel_queued(&row, by).await.map_err(SchedulerError::Store)?;
        } else {
            let (reply, answer) = oneshot::channel();
            let message = Message::RunCancel { by: by.into(), reply };
            if self.inner.send(run, message).await.is_err() {
                return Err(SchedulerError::RunEnded { run });
            }
            answer.await.unwrap_or(Err(SchedulerError::RunEnded { run }))?;
        }
        self.run_get(run).await
    }

    /// Asks one step to stop; the pipeline decides what follows.
    pub async fn step_cancel(
        &self,
        run: RunId,
        step: StepNo,
        by: &str,
    ) -> Result<(), SchedulerError> {
        let row = self.run_get(run).await?;
        if let RunStatus::Ended(_) = row.status {
            return Err(SchedulerError::RunEnded { run });
        }
        let (reply, answer) = oneshot::channel();
        let message = Message::StepCancel { step, by: by.to_owned(), reply: Some(reply) };
        let unknown = || SchedulerError::StepUnknown { run, step: format!("number {}", step.0) };
        if self.inner.send(run, message).await.is_err() {
            return Err(unknown());
        }
        answer.await.unwrap_or_else(|_| Err(unknown()))
    }

    /// Returns a run's row.
    pub async fn run_get(&self, run: RunId) -> Result<RunRow, SchedulerError> {
        let row = self.inner.parts.store.run_get(run).await.map_err(SchedulerError::Store)?;
        row.ok_or(SchedulerError::RunUnknown { run })
    }

    /// Returns a run with its steps, and why things wait.
    pub async fn run_tree(&self, run: RunId) -> Result<RunTree, SchedulerError> {
        let row = self.run_get(run).await?;
        let history = history(self.inner.parts.store.as_ref(), run).await;
        let folded = Run::replay(&history.map_err(SchedulerError::Store)?).map_err(|err| {
            let what = run.to_string();
            SchedulerError::Store(StoreError::Corrupt { what, reason: err.to_string() })
        })?;
        let limit = self.inner.settings.runs_max;
        let waiting = match row.status {
            RunStatus::Queued if self.is_draining() => Some(Waiting::Draining),
            RunStatus::Queued => self.inner.intake.waiting(&row, limit),
            RunStatus::Running | RunStatus::Waiting | RunStatus::Ended(_) => None,
        };
        let steps_waiting = self.inner.steps_waiting(run, &folded).await;
        Ok(RunTree { row, run: folded, waiting, steps_waiting })
    }

    /// Follows how many events a run's history has. The sender is gone when the run has ended and
    /// everything is stored, or if the run is not known to be open.
    pub fn run_watch(&self, run: RunId) -> watch::Receiver<u64> {
        let mut runs = self.inner.runs();
        if !runs.open.contains(&run) {
            return watch::channel(0).1;
        }
        runs.watches.entry(run).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    async fn plan(&self, pipeline: &Pipeline, version: u32) -> Result<Arc<Plan>, SchedulerError> {
        let plan = self.inner.plans.get(self.inner.parts.store.as_ref(), pipeline.id, version);
        plan.await.map_err(|err| match err {
            StoreError::NotFound { .. } => {
                SchedulerError::VersionUnknown { name: pipeline.name.to_string(), version }
            }
            err => SchedulerError::Store(err),
        })
    }
}

impl Inner {
    /// Stores a run and puts it into the queue.
    pub(crate) async fn run_accept(
        self: &Arc<Self>,
        new: NewRun,
    ) -> Result<(RunRow, bool), SchedulerError> {
        if self.is_draining() {
            return Err(SchedulerError::Draining);
        }
        let (run, workspace) = (new.id, new.workspace);
        let reserved = self.intake.reserve(workspace, self.settings.queue_max);
        reserved.inspect_err(|_| self.parts.secrets.secret_forget(run))?;
        // Known before it is stored, so that nobody who reads it takes it for ended.
        self.runs().open.insert(run);
        let created = self.parts.store.run_create(new).await;
        let is_new = matches!(created, Ok((_, true)));
        if !is_new {
            self.runs().open.remove(&run);
            self.parts.secrets.secret_forget(run);
        }
        self.intake.redeem(workspace, is_new.then_some(run));
        self.intake_serve();
        created.map_err(SchedulerError::Store)
    }

    /// Ends a run that has not begun.
    async fn run_cancel_queued(self: &Arc<Self>, row: &RunRow, by: &str) -> Result<(), StoreError> {
        let at = self.parts.clock.now();
        let message: Arc<str> = format!("cancelled by {by} before it began").into();
        let outcome = Outcome::Cancelled;
        let events = vec![
            Recorded { at, event: Event::CancelRequested { by: by.into() } },
            Recorded { at, event: Event::Ended { outcome, message: Some(Arc::clone(&message)) } },
        ];
        let append = RunAppend {
            run: row.id,
            boot: self.boot,
            seen: 0,
            events,
            language_state: None,
            status: RunStatus::Ended(outcome),
            message: Some(message),
            started_at: None,
            ended_at: Some(at),
            wake_at: None,
            facts: vec![],
            results: vec![],
            artifacts: vec![],
        };
        self.parts.store.run_append(append).await?;
        let mut runs = self.runs();
        runs.open.remove(&row.id);
        runs.watches.remove(&row.id);
        drop(runs);
        self.parts.secrets.secret_forget(row.id);
        Ok(())
    }

    /// Asks the run's actor; a sleeping run waits for times only.
    async fn steps_waiting(&self, run: RunId, folded: &Run) -> Vec<(StepNo, Waiting)> {
        let mailbox = self.runs().actors.get(&run).cloned();
        if let Some(mailbox) = mailbox {
            let (reply, answer) = oneshot::channel();
            mailbox.send(Message::Waiting { reply });
            if let Ok(waiting) = answer.await {
                return waiting;
            }
        }
        let until = |state: &AttemptState| match state {
            AttemptState::Pending { not_before } => Some(Waiting::Until { at: *not_before }),
            AttemptState::Assigned { .. }
            | AttemptState::Running { .. }
            | AttemptState::Ended { .. } => None,
        };
        let open = folded.open_attempts();
        open.filter_map(|(step, attempt)| Some((step.no, until(&attempt.state)?))).collect()
    }
}

/// Refuses arguments that refer to a secret which neither the pipeline mentions nor the caller gives.
fn arguments_check(
    input: &RunInput,
    by: &SecretUse,
    given: &[(String, String)],
) -> Result<(), SchedulerError> {
    fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    for (argument, value) in &input.args {
        let mut found = Vec::new();
        texts(value, &mut found);
        let mut names = found.into_iter().flat_map(reference::mentioned);
        let foreign =
            names.find(|name| !by.declares(name) && !given.iter().any(|(given, _)| given == name));
        if let Some(name) = foreign {
            let (argument, name) = (argument.clone(), name.to_owned());
            return Err(SchedulerError::ArgumentSecret { argument, name });
        }
    }
    Ok(())
}

/// Returns a shape of the contract as JSON.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<Arc<str>, SchedulerError> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(text.into()),
        Err(err) => Err(SchedulerError::Store(StoreError::Io {
            action: "write JSON".to_owned(),
            err: Box::new(err),
        })),
    }
}
