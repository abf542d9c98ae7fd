//! Steps and their attempts: from the start to the end, through slots and retries.

use std::sync::Arc;

use kernel_model::attempt::{AttemptEnd, AttemptEvent, AttemptState, Lease, Text, Why};
use kernel_model::event::{Event, StepNo};
use kernel_model::id::{RunId, WorkspaceId};
use kernel_model::step::StepState;
use kernel_ports::run::SavedResult;
use serde_json::Value;
use wit_envelope::language::{RunEvent, Work};
use wit_envelope::policy::{ResultCache, StepOptions};

use super::batch::After;
use super::timers::Due;
use super::{Actor, Message};
use crate::attempt::{Attempt, Ended, Stop, chain, errored};
use crate::dispatch::{Answer, Request, Slot, Wanted};
use crate::waiting::Waiting;
use crate::{SchedulerError, convert};

impl Actor {
    /// Makes the first attempt of a step, or takes a result that is there already.
    pub(super) async fn step_begin(&mut self, step: StepNo, options: &StepOptions) {
        if let Some((from, value)) = self.result_at_hand(step, options).await {
            self.attempt_create(step, Why::First, 0);
            self.attempt_end_unleased(step, AttemptEnd::Cached { from, value });
            return;
        }
        if self.memo_follows(step, options) {
            return;
        }
        let quiet_ms = options.defer.as_ref().map_or(0, |defer| defer.quiet_ms);
        let attempt = self.attempt_create(step, Why::First, options.delay_ms.max(quiet_ms));
        if let Some(defer) = &options.defer {
            let who = (self.row.id, step, attempt);
            let key = (self.row.workspace, defer.key.clone());
            if let Some((run, step, attempt)) = self.inner.defers.register(key, who) {
                let message = Message::Deferred { step, attempt, to: self.row.id };
                self.inner.send_detached(run, message);
            }
        }
    }

    /// Creates an attempt that may start after `delay_ms`. Returns its number.
    fn attempt_create(&mut self, step: StepNo, why: Why, delay_ms: u64) -> u32 {
        let not_before = self.now().plus_ms(delay_ms);
        let attempt = self.run.step(step).and_then(|s| s.attempt()).map_or(0, |a| a.number) + 1;
        self.emit_sure(Event::AttemptCreated { step, attempt, why, not_before });
        self.timers.add(not_before, Due::Attempt { step, attempt });
        attempt
    }

    /// Asks for a slot for an attempt whose time has come.
    pub(super) fn attempt_due(&mut self, step: StepNo, attempt: u32) {
        let is_pending = self.pending(step, attempt) && !self.queued.contains_key(&step);
        if !is_pending || self.draining {
            return;
        }
        let options = self.options(step);
        if let Some(defer) = &options.defer {
            let key = (self.row.workspace, defer.key.clone());
            self.inner.defers.forget(&key, (self.row.id, step, attempt));
        }
        let request = Request {
            run: self.row.id,
            step,
            attempt,
            priority: options.priority,
            requires: options.requires,
            concurrency: options.concurrency.map(|c| Wanted::new(self.row.workspace, c)),
            mailbox: self.mailbox.clone(),
        };
        match self.inner.dispatch.request(request) {
            Answer::Granted(slot) => self.attempt_start(step, attempt, slot),
            Answer::Queued => {
                self.queued.insert(step, attempt);
            }
            Answer::Rejected { key } => {
                let message = format!("the concurrency key {key:?} is taken");
                self.attempt_end_unleased(step, errored(&message, false));
            }
            Answer::Superseded { key } => {
                let by = format!("its concurrency key {key:?}, which is taken").into();
                self.attempt_end_unleased(step, AttemptEnd::Cancelled { by });
            }
        }
    }

    /// Starts an attempt that has a slot.
    pub(super) fn attempt_start(&mut self, step: StepNo, number: u32, slot: Slot) {
        self.queued.remove(&step);
        if !self.pending(step, number) || self.draining {
            return;
        }
        let Some(work) = self.work(step) else {
            self.attempt_end_unleased(step, errored("bug: the stored work cannot be read", false));
            return;
        };
        let token = self.next_token;
        self.next_token += 1;
        let lease = Lease { token, holder: self.inner.boot.to_string().into(), until: None };
        let event = |event| Event::Attempt { step, attempt: number, event };
        self.emit_sure(event(AttemptEvent::Assigned { lease }));
        self.emit_sure(event(AttemptEvent::Started { token }));
        self.uses_volumes |= matches!(work, Work::Launch { .. } | Work::Resource { .. });
        let stop = self.live_insert(step, number, token, slot);
        let path = self.run.step(step).map(|s| s.node.path.as_str().into());
        let settings = &self.inner.settings;
        let attempt = Attempt {
            parts: self.inner.parts.clone(),
            run: self.row.id,
            pipeline: self.row.pipeline,
            workspaces: self.workspaces(),
            step,
            path: path.unwrap_or_else(|| "".into()),
            number,
            token,
            work,
            options: self.options(step),
            launcher: self.input.launcher.clone().unwrap_or_else(|| self.inner.launcher()),
            launchers_allowed: Arc::clone(&settings.launchers_allowed),
            features: Arc::clone(&settings.features),
            grace_ms: settings.grace_ms,
            instance: settings.instance.clone(),
            stop,
            mailbox: Some(self.mailbox.clone()),
        };
        self.batch.after.push(After::Start { step, attempt: Box::new(attempt) });
    }

    pub(super) fn attempt_save(
        &mut self,
        step: StepNo,
        attempt: u32,
        token: u64,
        state: Arc<[u8]>,
    ) {
        let event = AttemptEvent::MachineSaved { token, state };
        // A late word from an attempt that is over is no news.
        drop(self.emit(Event::Attempt { step, attempt, event }));
    }

    /// Takes the end of an attempt; tries again or ends the step.
    pub(super) fn attempt_ended(&mut self, step: StepNo, number: u32, token: u64, ended: Ended) {
        let Some(live) = self.live.get(&step) else { return };
        if live.attempt != number || live.token != token {
            return;
        }
        let Ended { end, artifacts, .. } = ended;
        let event = AttemptEvent::Ended { token: Some(token), end: end.clone() };
        if let Err(err) = self.emit(Event::Attempt { step, attempt: number, event }) {
            tracing::warn!(run = %self.row.id, "a late result: {err}");
            return;
        }
        if let Some(live) = self.live.remove(&step) {
            self.batch.after.push(After::Free { slot: live.slot });
        }
        self.batch.artifacts.extend(artifacts);
        self.attempt_follow(step, &end);
    }

    /// Ends an attempt that never started.
    pub(super) fn attempt_end_unleased(&mut self, step: StepNo, end: AttemptEnd) {
        let Some(attempt) = self.run.step(step).and_then(|s| s.attempt()).map(|a| a.number) else {
            return;
        };
        if self.queued.remove(&step).is_some() {
            self.inner.dispatch.withdraw(self.row.id, step);
        }
        let event = AttemptEvent::Ended { token: None, end: end.clone() };
        self.emit_sure(Event::Attempt { step, attempt, event });
        self.attempt_follow(step, &end);
    }

    pub(super) fn attempt_deferred(&mut self, step: StepNo, attempt: u32, to: RunId) {
        if self.pending(step, attempt) {
            self.attempt_end_unleased(step, AttemptEnd::Deferred { to });
        }
    }

    /// What follows from the end of an attempt.
    pub(super) fn attempt_follow(&mut self, step: StepNo, end: &AttemptEnd) {
        let Some(tried) = self.run.step(step).map(|s| s.tried()) else { return };
        let policy = convert::retry_policy(&self.options(step).retry);
        let is_wanted = self.run.decided.is_none() && self.run.cancel_by.is_none();
        let delay = policy.delay_ms(end, tried, self.inner.parts.entropy.sample());
        match (delay, end) {
            (Some(delay_ms), _) if is_wanted => {
                self.attempt_create(step, Why::Retried, delay_ms);
            }
            (_, AttemptEnd::Suspended { until }) => {
                let delay_ms = until.since_ms(self.now());
                self.attempt_create(step, Why::Suspended, delay_ms);
            }
            (_, AttemptEnd::Recurred { at }) => {
                let delay_ms = at.since_ms(self.now());
                self.attempt_create(step, Why::Recurred, delay_ms);
            }
            _ => self.step_end(step, end),
        }
    }

    fn step_end(&mut self, step: StepNo, end: &AttemptEnd) {
        let Some(outcome) = end.outcome() else {
            tracing::error!(run = %self.row.id, "bug: the end {end:?} has no outcome");
            return;
        };
        let (message, value): (Option<Text>, Text) = match end {
            AttemptEnd::Succeeded { value } | AttemptEnd::Cached { value, .. } => {
                (None, value.clone())
            }
            AttemptEnd::Failed { message, value, .. } => (Some(message.clone()), value.clone()),
            AttemptEnd::Errored { message, .. } | AttemptEnd::Abandoned { message } => {
                (Some(message.clone()), "null".into())
            }
            AttemptEnd::Cancelled { by } => {
                (Some(format!("cancelled by {by}").into()), "null".into())
            }
            AttemptEnd::TimedOut => (Some("took too long".into()), "null".into()),
            AttemptEnd::Deferred { to } => {
                (Some(format!("{to} runs instead").into()), "null".into())
            }
            AttemptEnd::Skipped
            | AttemptEnd::Suspended { .. }
            | AttemptEnd::Recurred { .. }
            | AttemptEnd::Spawned { .. } => (None, "null".into()),
        };
        let event =
            Event::StepEnded { step, outcome, message: message.clone(), value: value.clone() };
        self.emit_sure(event);
        if let AttemptEnd::Succeeded { value } = end {
            self.result_save(step, value);
        }
        self.memo_settle(step);
        let Some(path) = self.run.step(step).map(|s| s.node.path.to_string()) else { return };
        self.unseen.push_back(RunEvent::StepEnded {
            path,
            status: convert::status(outcome),
            message: message.map(|text| text.to_string()),
            output: serde_json::from_str(&value).unwrap_or(Value::Null),
        });
    }

    /// Asks one step to stop.
    pub(super) fn step_cancel(&mut self, step: StepNo, by: &Text) -> Result<(), SchedulerError> {
        let (run, name) = (self.row.id, format!("number {}", step.0));
        let Some(found) = self.run.step(step) else {
            return Err(SchedulerError::StepUnknown { run, step: name });
        };
        if found.state != StepState::Open || found.work.is_none() {
            return Err(SchedulerError::StepEnded { run, step: found.node.path.to_string() });
        }
        if let Some(live) = self.live.get(&step) {
            let attempt = live.attempt;
            let is_first = live.stop.borrow().is_none();
            if is_first {
                live.stop.send_replace(Some(Stop::Cancel { by: by.clone() }));
                let event = AttemptEvent::CancelRequested { by: by.clone() };
                self.emit_sure(Event::Attempt { step, attempt, event });
            }
        } else if found.attempt().is_some() {
            self.attempt_end_unleased(step, AttemptEnd::Cancelled { by: by.clone() });
        } else {
            // It waits for another step with the same memo key.
            self.memo_leave(step);
            self.attempt_create(step, Why::First, 0);
            self.attempt_end_unleased(step, AttemptEnd::Cancelled { by: by.clone() });
        }
        Ok(())
    }

    /// Returns why pending attempts wait.
    pub(super) fn waiting(&self) -> Vec<(StepNo, Waiting)> {
        let now = self.now();
        let reason = |step: StepNo, state: &AttemptState| match state {
            AttemptState::Pending { not_before } if *not_before > now => {
                Some(Waiting::Until { at: *not_before })
            }
            AttemptState::Pending { .. } => self.inner.dispatch.waiting(self.row.id, step),
            AttemptState::Assigned { .. }
            | AttemptState::Running { .. }
            | AttemptState::Ended { .. } => None,
        };
        self.run
            .open_attempts()
            .filter_map(|(step, attempt)| Some((step.no, reason(step.no, &attempt.state)?)))
            .collect()
    }

    /// Takes a result that makes the work needless: of the origin run, or of the cache.
    async fn result_at_hand(&self, step: StepNo, options: &StepOptions) -> Option<(RunId, Text)> {
        let path = &self.run.step(step)?.node.path;
        if let Some(reused) = self.reuse.of_origin(path) {
            return Some(reused);
        }
        let cache = options.cache.as_ref()?;
        let is_fresh = |saved: &SavedResult| {
            cache.age_max_ms.is_none_or(|max| self.now().since_ms(saved.at) <= max)
        };
        for workspace in self.workspaces() {
            match self.inner.parts.store.result_get(workspace, &result_key(cache)).await {
                Ok(saved) => {
                    if let Some(saved) = saved.filter(is_fresh) {
                        return Some((saved.run, saved.value));
                    }
                }
                // A cache that cannot be read is a miss.
                Err(err) => {
                    tracing::warn!(run = %self.row.id, "failed to read a cached result: {}", chain(&err));
                    return None;
                }
            }
        }
        None
    }

    /// Returns the run's workspace and all that it inherits from, the nearest first.
    pub(super) fn workspaces(&self) -> Vec<WorkspaceId> {
        self.inner.workspaces.all().chain(self.row.workspace)
    }

    /// Returns whether the run's workspace is gone, and all that was kept for it.
    pub(super) fn is_archived(&self) -> bool {
        self.inner.workspaces.all().get(self.row.workspace).is_none()
    }

    fn result_save(&mut self, step: StepNo, value: &Text) {
        if let Some(cache) = &self.options(step).cache {
            self.batch.results.push(SavedResult {
                key: result_key(cache),
                value: value.clone(),
                run: self.row.id,
                at: self.now(),
            });
        }
    }

    fn pending(&self, step: StepNo, attempt: u32) -> bool {
        self.run.step(step).and_then(|s| s.attempt()).is_some_and(|newest| {
            newest.number == attempt && matches!(newest.state, AttemptState::Pending { .. })
        })
    }

    fn work(&self, step: StepNo) -> Option<Work> {
        serde_json::from_str(&self.run.step(step)?.work.as_ref()?.work).ok()
    }

    pub(super) fn options(&self, step: StepNo) -> StepOptions {
        let stored = self.run.step(step).and_then(|s| s.work.as_ref());
        stored.and_then(|work| serde_json::from_str(&work.options).ok()).unwrap_or_default()
    }
}

fn result_key(cache: &ResultCache) -> String {
    let ResultCache { key, namespace, version, .. } = cache;
    // Lengths keep apart what a separator could confuse.
    format!("{}:{namespace}{}:{version}{key}", namespace.len(), version.len())
}
