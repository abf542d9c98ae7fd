//! One attempt: talks to the step machine, performs its effects, and comes back with the end.
//!
//! Invariants:
//! - When [`Attempt::run`] returns, no process of the attempt is left.
//! - An effect is performed only after it is stored that the attempt runs, and under its marker.
//! - Whoever asked for the end first decides how it is called: cancelled or timed out.

mod artifacts;
mod effects;
mod lazy_log;
mod machine;
mod mask;
mod read;

use std::sync::Arc;

use kernel_model::attempt::{AttemptEnd, Text};
use kernel_model::event::StepNo;
use kernel_model::id::{PipelineId, RunId, WorkspaceId};
use kernel_model::selection::Selection;
use kernel_ports::artifact::Artifact;
use kernel_ports::log::{LogKey, LogSink, LogStream};
use kernel_ports::store::StoreError;
use tokio::sync::watch;
use wit_envelope::language::Work;
use wit_envelope::policy::StepOptions;

use crate::actor::{Mailbox, Message};
use crate::scheduler::Parts;

/// Somebody wants an attempt to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ask, then end it after the grace time.
    Cancel { by: Text },
    /// End it at once.
    Kill { by: Text },
    /// End it at once: the server stops.
    Drain,
}

/// Everything that one attempt needs.
pub(crate) struct Attempt {
    pub(crate) parts: Parts,
    pub(crate) run: RunId,
    pub(crate) pipeline: PipelineId,
    /// The run's workspace and all that it inherits from, the nearest first.
    pub(crate) workspaces: Vec<WorkspaceId>,
    pub(crate) step: StepNo,
    pub(crate) path: Text,
    pub(crate) number: u32,
    pub(crate) token: u64,
    pub(crate) work: Work,
    pub(crate) options: StepOptions,
    /// The launcher for work that names none.
    pub(crate) launcher: String,
    pub(crate) launchers_allowed: Arc<Selection>,
    pub(crate) features: Arc<Selection>,
    pub(crate) grace_ms: u64,
    /// Marks the processes of this server.
    pub(crate) instance: String,
    pub(crate) stop: watch::Receiver<Option<Stop>>,
    /// None outside of a run: nothing to save for.
    pub(crate) mailbox: Option<Mailbox>,
}

/// What an attempt comes back with.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: AttemptEnd,
    pub(crate) artifacts: Vec<Artifact>,
    /// Whether it has left its working directory, to be removed when the end is told.
    pub(crate) leaves_dir: bool,
}

impl Attempt {
    /// Does the work to its end.
    pub(crate) async fn run(mut self) -> Ended {
        let log = lazy_log::LazyLog::of(&self.parts.logs, self.log_key());
        let work = std::mem::take(&mut self.work);
        let (end, leaves_dir) = match work {
            Work::Read { uri } => (self.read(&uri).await, false),
            work @ (Work::Launch { .. } | Work::Resource { .. } | Work::Action { .. }) => {
                self.machine(work, &log).await
            }
        };
        let mut ended = self.keep_artifacts(end).await;
        ended.leaves_dir = leaves_dir;
        let ended = mask::Mask::of(&self).ended(ended);
        self.explain(&ended.end, &log).await;
        if let Err(err) = log.finish().await {
            tracing::warn!(run = %self.run, step = self.path.as_ref(), "failed to end a log: {}", chain(&err));
        }
        ended
    }

    pub(crate) fn log_key(&self) -> LogKey {
        LogKey { run: self.run, step: self.step, attempt: self.number }
    }

    /// Has the machine's state saved, beside what goes on.
    ///
    /// Nothing waits for it: that the attempt runs is stored already, and a process is found again
    /// by its marker whether its machine's state came to be stored or not.
    fn save(&self, state: &Arc<[u8]>) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.send(Message::Save {
                step: self.step,
                attempt: self.number,
                token: self.token,
                state: Arc::clone(state),
            });
        }
    }

    /// Puts into the step's log why the machinery or the clock ended it: what the work said itself stands there already.
    async fn explain(&self, end: &AttemptEnd, log: &Arc<dyn LogSink>) {
        let text = match end {
            AttemptEnd::Errored { message, .. } | AttemptEnd::Abandoned { message } => {
                format!("error: {message}\n")
            }
            AttemptEnd::TimedOut => {
                let ms = self.options.timeout_ms.unwrap_or_default();
                format!(
                    "timed out after {} s\n",
                    std::time::Duration::from_millis(ms).as_secs_f64()
                )
            }
            AttemptEnd::Cancelled { by } => format!("cancelled by {by}\n"),
            AttemptEnd::Succeeded { .. }
            | AttemptEnd::Failed { .. }
            | AttemptEnd::Skipped
            | AttemptEnd::Cached { .. }
            | AttemptEnd::Deferred { .. }
            | AttemptEnd::Suspended { .. }
            | AttemptEnd::Recurred { .. }
            | AttemptEnd::Spawned { .. } => return,
        };
        // A log that cannot be written is said at its end.
        let _ = log.append(LogStream::Note, text.into()).await;
    }
}

impl Ended {
    pub(crate) fn without(end: AttemptEnd) -> Self {
        Self { end, artifacts: vec![], leaves_dir: false }
    }
}

/// Returns the end that says why the machinery broke.
pub(crate) fn errored(message: &str, retryable: bool) -> AttemptEnd {
    AttemptEnd::Errored { message: message.into(), retryable }
}

/// Returns an error and its causes in one line.
pub(crate) fn chain(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Returns whether trying again may help after such a failure of the store.
fn store_retryable(err: &StoreError) -> bool {
    match err {
        StoreError::Full { .. } | StoreError::Io { .. } | StoreError::Conflict { .. } => true,
        StoreError::NotFound { .. }
        | StoreError::Fenced { .. }
        | StoreError::Newer { .. }
        | StoreError::Corrupt { .. } => false,
    }
}
