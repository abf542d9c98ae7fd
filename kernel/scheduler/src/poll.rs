//! Looks at resources from time to time, and starts runs for new versions.
//!
//! One timer for all. A check is an attempt outside of a run: it has a run id of its own for its
//! files, which are gone when it has ended. What was seen last is a fact of the pipeline, stored
//! together with the run that it leads to: a version is neither missed nor run twice. Both are in
//! the workspace `default`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use kernel_model::attempt::AttemptEnd;
use kernel_model::event::StepNo;
use kernel_model::id::{PipelineId, RunId, WorkspaceId};
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::pipeline::Pipeline;
use kernel_ports::run::NewRun;
use kernel_ports::secret::SecretUse;
use kernel_ports::store::StoreError;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use wit_envelope::language::{Compiled, Poll, RunInput, Trigger, Work};
use wit_envelope::launch::Launched;
use wit_envelope::policy::StepOptions;
use wit_envelope::resource::Checked;

use crate::attempt::{Attempt, chain};
use crate::run::json;
use crate::scheduler::Inner;

/// Pipelines that are read at a time, at the start.
const PAGE: u32 = 100;
/// No resource is looked at more often.
const EVERY_MS_MIN: u64 = 1_000;
/// A check that hangs is ended.
const TIMEOUT_MS: u64 = 300_000;
/// Of very many new versions, the newest so many get a run.
const RUNS_MAX: usize = 100;

/// What is looked at, by pipeline.
#[derive(Debug, Default)]
pub(crate) struct Polls {
    table: Mutex<HashMap<PipelineId, Watched>>,
    /// Checks in progress: a slow one is not overtaken by the next, which would see the same
    /// versions as new.
    busy: Mutex<HashSet<(PipelineId, String)>>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct Watched {
    pipeline: Pipeline,
    polls: Vec<(Time, Poll)>,
    paused: bool,
}

impl Polls {
    fn table(&self) -> MutexGuard<'_, HashMap<PipelineId, Watched>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a check. False if one is in progress.
    fn begin(&self, pipeline: PipelineId, name: &str) -> bool {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.insert((pipeline, name.to_owned()))
    }

    fn end(&self, pipeline: PipelineId, name: &str) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&(pipeline, name.to_owned()));
    }

    fn next(&self) -> Option<Time> {
        let table = self.table();
        let active = table.values().filter(|watched| !watched.paused);
        active.flat_map(|watched| &watched.polls).map(|(at, _)| *at).min()
    }

    /// Takes what is due, and sets its next time.
    fn take_due(&self, now: Time) -> Vec<(Pipeline, Poll)> {
        let mut due = vec![];
        for watched in self.table().values_mut().filter(|watched| !watched.paused) {
            for (at, poll) in &mut watched.polls {
                if *at <= now {
                    *at = now.plus_ms(poll.every_ms.max(EVERY_MS_MIN));
                    due.push((watched.pipeline.clone(), poll.clone()));
                }
            }
        }
        due
    }
}

impl Inner {
    /// Takes up the polls of all pipelines, at the start.
    pub(crate) async fn polls_load(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let mut after = None;
        loop {
            let page = store.pipeline_list(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.name.clone());
            for pipeline in page {
                let version = store.pipeline_version_get(pipeline.id, pipeline.version).await?;
                let compiled: Option<Compiled> =
                    version.and_then(|version| serde_json::from_str(&version.compiled).ok());
                self.polls_set(&pipeline, compiled.unwrap_or_default().polls);
            }
        }
    }

    /// Replaces what is looked at for a pipeline. The first look comes at once.
    pub(crate) fn polls_set(&self, pipeline: &Pipeline, polls: Vec<Poll>) {
        let now = self.parts.clock.now();
        let mut table = self.polls.table();
        if polls.is_empty() {
            table.remove(&pipeline.id);
        } else {
            let polls = polls.into_iter().map(|poll| (now, poll)).collect();
            let paused = pipeline.paused;
            table.insert(pipeline.id, Watched { pipeline: pipeline.clone(), polls, paused });
        }
        drop(table);
        self.polls.changed.notify_one();
    }

    pub(crate) fn polls_pause(&self, pipeline: PipelineId, paused: bool) {
        if let Some(watched) = self.polls.table().get_mut(&pipeline) {
            watched.paused = paused;
        }
        self.polls.changed.notify_one();
    }

    pub(crate) fn polls_remove(&self, pipeline: PipelineId) {
        self.polls.table().remove(&pipeline);
    }

    /// Looks once, and starts what follows.
    async fn poll(self: Arc<Self>, pipeline: Pipeline, poll: Poll) {
        if self.polls.begin(pipeline.id, &poll.name) {
            // Freed however the check ends, even by a panic.
            let _busy = Busy { inner: &self, pipeline: pipeline.id, name: &poll.name };
            self.poll_once(&pipeline, &poll).await;
        }
    }

    async fn poll_once(self: &Arc<Self>, pipeline: &Pipeline, poll: &Poll) {
        let key = format!("poll/{}", poll.name);
        let looked = self.poll_versions(pipeline, poll, &key).await;
        let (versions, seen) = match looked {
            Ok(looked) => looked,
            Err(reason) => {
                tracing::warn!(pipeline = %pipeline.name, resource = poll.name, "failed to check: {reason}");
                return;
            }
        };
        let new = fresh(versions, seen.as_ref());
        let skip = if poll.every_version && seen.is_some() {
            new.len().saturating_sub(RUNS_MAX)
        } else {
            new.len().saturating_sub(1)
        };
        for version in new.into_iter().skip(skip) {
            if let Err(reason) = self.poll_run(pipeline, poll, &key, version).await {
                tracing::warn!(pipeline = %pipeline.name, resource = poll.name, "failed to start a run: {reason}");
                return;
            }
        }
    }

    /// Returns what the resource has, and what was seen last.
    async fn poll_versions(
        self: &Arc<Self>,
        pipeline: &Pipeline,
        poll: &Poll,
        key: &str,
    ) -> Result<(Vec<Value>, Option<Value>), String> {
        let own = [WorkspaceId::DEFAULT];
        let facts = self.parts.store.fact_get(pipeline.id, &own, &[key.to_owned()]).await;
        let seen = facts.map_err(|err| chain(&err))?;
        let seen = seen.first().and_then(|(_, text)| serde_json::from_str(text).ok());
        let mut work = poll.work.clone();
        if let Work::Resource { version, .. } = &mut work {
            version.clone_from(&seen);
        }
        let is_launch = matches!(work, Work::Launch { .. });
        let run = RunId(self.parts.entropy.id());
        let (_stop, stop) = watch::channel(None);
        let attempt = Attempt {
            parts: self.parts.clone(),
            run,
            pipeline: pipeline.id,
            workspaces: self.workspaces.all().chain(WorkspaceId::DEFAULT),
            step: StepNo(1),
            path: format!("poll/{}", poll.name).into(),
            number: 1,
            token: 1,
            work,
            options: StepOptions { timeout_ms: Some(TIMEOUT_MS), ..StepOptions::default() },
            launcher: self.launcher(),
            launchers_allowed: Arc::clone(&self.settings.launchers_allowed),
            features: Arc::clone(&self.settings.features),
            grace_ms: self.settings.grace_ms,
            instance: self.settings.instance.clone(),
            stop,
            mailbox: None,
        };
        let plan = self.plans.get(self.parts.store.as_ref(), pipeline.id, pipeline.version).await;
        let declared = Arc::clone(&plan.map_err(|err| chain(&err))?.secrets);
        let by = SecretUse { pipeline: pipeline.name.clone(), declared };
        self.parts.secrets.secret_admit(run, by);
        let end = attempt.run().await.end;
        self.parts.secrets.secret_forget(run);
        self.parts.volumes.run_remove(run).await;
        if let Err(err) = self.parts.logs.log_remove(run).await {
            tracing::warn!(%run, "failed to remove a log: {}", chain(&err));
        }
        Ok((versions(end, is_launch)?, seen))
    }

    async fn poll_run(
        self: &Arc<Self>,
        pipeline: &Pipeline,
        poll: &Poll,
        key: &str,
        version: Value,
    ) -> Result<(), String> {
        let trigger = Trigger {
            kind: "resource".to_owned(),
            by: poll.name.clone(),
            data: serde_json::json!({ "resource": poll.name, "version": version }),
        };
        let input = RunInput { jobs: poll.jobs.clone(), ..RunInput::default() };
        let id = RunId(self.parts.entropy.id());
        let new = NewRun {
            id,
            pipeline: pipeline.id,
            pipeline_name: pipeline.name.clone(),
            version: pipeline.version,
            workspace: WorkspaceId::DEFAULT,
            workspace_name: WorkspaceName::default(),
            trigger: json(&trigger).map_err(|err| chain(&err))?,
            trigger_kind: "resource".into(),
            input: json(&input).map_err(|err| chain(&err))?,
            origin: None,
            at: self.parts.clock.now(),
            idempotency_key: None,
            facts: vec![(key.to_owned(), Some(version.to_string().into()))],
        };
        self.run_accept(new).await.map(drop).map_err(|err| chain(&err))
    }
}

/// A check in progress.
struct Busy<'a> {
    inner: &'a Inner,
    pipeline: PipelineId,
    name: &'a str,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.inner.polls.end(self.pipeline, self.name);
    }
}

/// Polls until the scheduler is gone.
pub(crate) async fn run(inner: Weak<Inner>) {
    loop {
        let (changed, sleep) = {
            let Some(inner) = inner.upgrade() else { return };
            (Arc::clone(&inner.polls.changed), inner.sleep_until(inner.polls.next()))
        };
        tokio::select! {
            () = changed.notified() => {}
            () = sleep => {}
        }
        let Some(inner) = inner.upgrade() else { return };
        if inner.is_draining() {
            return;
        }
        for (pipeline, poll) in inner.polls.take_due(inner.parts.clock.now()) {
            tokio::spawn(Arc::clone(&inner).poll(pipeline, poll));
        }
    }
}

/// Returns the versions that a check found, old to new.
fn versions(end: AttemptEnd, is_launch: bool) -> Result<Vec<Value>, String> {
    let value = match end {
        AttemptEnd::Succeeded { value } => value,
        AttemptEnd::Failed { message, .. }
        | AttemptEnd::Errored { message, .. }
        | AttemptEnd::Abandoned { message } => return Err(message.to_string()),
        AttemptEnd::TimedOut => return Err("it took too long".to_owned()),
        end => return Err(format!("it ended with {end:?}")),
    };
    if is_launch {
        let launched: Launched = serde_json::from_str(&value).map_err(|err| err.to_string())?;
        return serde_json::from_str(&launched.stdout.unwrap_or_default())
            .map_err(|err| format!("its output is no list of versions: {err}"));
    }
    let checked: Checked = serde_json::from_str(&value).map_err(|err| err.to_string())?;
    Ok(checked.versions)
}

/// Returns the versions after the one that was seen last.
fn fresh(versions: Vec<Value>, seen: Option<&Value>) -> Vec<Value> {
    match versions.iter().position(|version| Some(version) == seen) {
        Some(at) => versions.into_iter().skip(at + 1).collect(),
        None => versions,
    }
}

#[cfg(test)]
mod tests;
