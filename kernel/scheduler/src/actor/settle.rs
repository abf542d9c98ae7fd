//! From what happened to what is stored: language, commands, transaction, effects.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kernel_model::event::{Event, StepNo};
use kernel_model::outcome::Outcome;
use kernel_model::run::RunState;
use kernel_ports::plugin::DriveCall;
use kernel_ports::run::{RunAppend, RunStatus};
use kernel_ports::store::StoreError;
use tokio::sync::watch;
use wit_envelope::language::{Command, RunEvent};

use super::batch::{After, Batch};
use super::{Actor, Leave, Live};
use crate::attempt::{Attempt, Ended, Stop, chain, errored};
use crate::dispatch::Slot;

/// A wait shorter than this is not worth unloading the run for.
const NAP_MS: u64 = 1_000;
/// How often a full disk is tried again.
const STORE_RETRY: Duration = Duration::from_secs(1);

impl Actor {
    /// Lets the language answer everything, stores it all, and acts.
    pub(super) async fn settle(&mut self) -> Result<(), Leave> {
        while let Some(event) = self.unseen.pop_front() {
            if self.run.outcome().is_some() || self.run.decided.is_some() {
                self.unseen.clear();
                break;
            }
            match self.drive(event).await {
                Ok(commands) => {
                    for command in commands {
                        if let Err(reason) = self.command(command).await {
                            let reason =
                                format!("{} asked for nonsense: {reason}", self.plan.language);
                            self.finish(Outcome::Errored, Some(reason.into()));
                            break;
                        }
                    }
                }
                Err(reason) => self.finish(Outcome::Errored, Some(reason.into())),
            }
        }
        // What may start at once starts in the same transaction: a step costs one sync of the disk.
        self.timers_fire();
        self.end_if_finished().await;
        self.mark_waiting();
        self.commit().await
    }

    async fn drive(&mut self, event: RunEvent) -> Result<Vec<Command>, String> {
        let call = DriveCall {
            language: Arc::clone(&self.plan.language),
            digest: Arc::clone(&self.plan.digest),
            run: self.row.id,
            at: self.now(),
            program: Arc::clone(&self.plan.program),
            state: Arc::clone(&self.language_state),
            events: vec![event],
        };
        let driven = match self.inner.parts.plugins.drive(call.clone()).await {
            // A language has no effects: calling it again is safe.
            Err(err) if err.is_retryable() => self.inner.parts.plugins.drive(call).await,
            answer => answer,
        };
        let driven = driven.map_err(|err| chain(&err))?;
        self.language_state = Arc::clone(&driven.state);
        self.batch.language_state = Some(driven.state);
        Ok(driven.commands)
    }

    /// A run with nothing in progress but time waits, and says so.
    fn mark_waiting(&mut self) {
        let is_idle =
            self.live.is_empty() && self.queued.is_empty() && !self.has_news() && !self.draining;
        match self.run.state {
            RunState::Running if is_idle => match self.timers.next() {
                Some(at) if at.since_ms(self.now()) < NAP_MS => {}
                Some(_) => self.emit_sure(Event::Waiting),
                None => {
                    let language = &self.plan.language;
                    let reason = format!("bug: {language} waits for nothing and does not finish");
                    self.finish(Outcome::Errored, Some(reason.into()));
                    self.end_run();
                }
            },
            RunState::Waiting if !is_idle => self.emit_sure(Event::Resumed),
            RunState::Queued | RunState::Running | RunState::Waiting | RunState::Ended { .. } => {}
        }
    }

    async fn commit(&mut self) -> Result<(), Leave> {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_dirty() {
            self.append(&batch).await?;
        }
        for after in batch.after {
            match after {
                After::Start { step, attempt } => self.attempt_spawn(step, *attempt),
                After::Free { slot } => drop(slot),
                After::Answer { reply, answer } => drop(reply.send(answer)),
            }
        }
        Ok(())
    }

    /// Appends, and goes on trying while the store cannot.
    async fn append(&mut self, batch: &Batch) -> Result<(), Leave> {
        let n = batch.events.len() as u64;
        let is_archived = self.is_archived();
        let append = RunAppend {
            run: self.row.id,
            boot: self.inner.boot,
            seen: self.seq,
            events: batch.events.clone(),
            language_state: batch.language_state.clone(),
            status: status(&self.run.state),
            message: match &self.run.state {
                RunState::Ended { message, .. } => message.clone(),
                RunState::Queued | RunState::Running | RunState::Waiting => None,
            },
            started_at: self.run.started_at,
            ended_at: match self.run.state {
                RunState::Ended { at, .. } => Some(at),
                RunState::Queued | RunState::Running | RunState::Waiting => None,
            },
            wake_at: match self.run.state {
                RunState::Waiting => self.timers.next(),
                RunState::Queued | RunState::Running | RunState::Ended { .. } => None,
            },
            // Nobody would ever read them.
            facts: if is_archived { vec![] } else { batch.facts.clone() },
            results: if is_archived { vec![] } else { batch.results.clone() },
            artifacts: batch.artifacts.clone(),
        };
        let mut has_warned = false;
        loop {
            match self.inner.parts.store.run_append(append.clone()).await {
                Ok(()) => break,
                Err(err @ (StoreError::Full { .. } | StoreError::Io { .. })) => {
                    if !has_warned {
                        tracing::error!(run = %self.row.id, "the run stands still: {}", chain(&err));
                        has_warned = true;
                    }
                    tokio::time::sleep(STORE_RETRY).await;
                }
                Err(err) => {
                    tracing::error!(run = %self.row.id, "the run is left as it is stored: {}", chain(&err));
                    return Err(Leave::Interrupted);
                }
            }
        }
        self.seq += n;
        self.progress.send_replace(self.seq);
        Ok(())
    }

    fn attempt_spawn(&mut self, step: StepNo, attempt: Attempt) {
        let (number, token) = (attempt.number, attempt.token);
        let (mailbox, run) = (self.mailbox.clone(), self.row.id);
        let volumes = Arc::clone(&self.inner.parts.volumes);
        self.inner.tasks.spawn(async move {
            // A bug in an attempt ends the attempt, not the run.
            let ended = AssertUnwindSafe(attempt.run()).catch_unwind().await.unwrap_or_else(|_| {
                Ended::without(errored("bug: the attempt panicked; see the server's log", true))
            });
            let leaves_dir = ended.leaves_dir;
            mailbox.send(super::Message::AttemptEnded { step, attempt: number, token, ended });
            // Nobody has to wait for that.
            if leaves_dir {
                volumes.work_dir_remove(run, step, number).await;
            }
        });
    }

    /// Returns the stop handle of an attempt that is about to start.
    pub(super) fn live_insert(
        &mut self,
        step: StepNo,
        attempt: u32,
        token: u64,
        slot: Slot,
    ) -> watch::Receiver<Option<Stop>> {
        let (stop, receiver) = watch::channel(None);
        self.live.insert(step, Live { attempt, token, stop, slot });
        receiver
    }
}

fn status(state: &RunState) -> RunStatus {
    match state {
        RunState::Queued => RunStatus::Queued,
        RunState::Running => RunStatus::Running,
        RunState::Waiting => RunStatus::Waiting,
        RunState::Ended { outcome, .. } => RunStatus::Ended(*outcome),
    }
}
