//! From the store to a working actor: new runs, sleeping ones, and those that a dead server left.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use kernel_model::attempt::{AttemptEnd, AttemptEvent};
use kernel_model::event::{Event, Recorded, StepNo};
use kernel_model::id::RunId;
use kernel_model::outcome::Outcome;
use kernel_model::run::Run;
use kernel_ports::run::RunRow;
use kernel_ports::secret::SecretUse;
use kernel_ports::store::{Store, StoreError};
use tokio::sync::{mpsc, watch};
use wit_envelope::language::{RunEvent, RunFacts, RunInput};

use super::batch::Batch;
use super::reuse::Reuse;
use super::timers::Timers;
use super::{Actor, Mailbox, Message};
use crate::attempt::chain;
use crate::scheduler::Inner;

/// Events that are read at a time.
const PAGE: u32 = 10_000;

impl Actor {
    /// Loads a run. `inbox` holds what was said to it meanwhile.
    pub(crate) async fn load(
        inner: Arc<Inner>,
        row: RunRow,
        mailbox: Mailbox,
        inbox: mpsc::UnboundedReceiver<Message>,
        progress: watch::Sender<u64>,
    ) -> Result<Self, StoreError> {
        let store = inner.parts.store.as_ref();
        let history = history(store, row.id).await?;
        let corrupt = |reason: String| StoreError::Corrupt { what: row.id.to_string(), reason };
        let run = Run::replay(&history).map_err(|err| corrupt(err.to_string()))?;
        let language_state = store.run_language_state(row.id).await?.unwrap_or_default();
        let plan = inner.plans.get(store, row.pipeline, row.version).await?;
        let input: RunInput =
            serde_json::from_str(&row.input).map_err(|err| corrupt(err.to_string()))?;
        let reuse = reuse(store, &row, &input).await?;
        let next_token = last_token(&history) + 1;
        let by =
            SecretUse { pipeline: row.pipeline_name.clone(), declared: Arc::clone(&plan.secrets) };
        inner.parts.secrets.secret_admit(row.id, by);
        let mut actor = Self {
            seq: history.len() as u64,
            inner,
            input,
            plan,
            language_state,
            mailbox,
            inbox,
            progress,
            unseen: VecDeque::new(),
            batch: Batch::default(),
            live: HashMap::new(),
            queued: HashMap::new(),
            timers: Timers::default(),
            reuse,
            next_token,
            draining: false,
            uses_volumes: run.steps.iter().any(|step| step.work.is_some()),
            run,
            row,
        };
        actor.progress.send_replace(actor.seq);
        if actor.seq == 0 {
            actor.begin();
        } else {
            actor.go_on();
        }
        Ok(actor)
    }

    fn begin(&mut self) {
        self.emit_sure(Event::Started);
        let trigger = serde_json::from_str(&self.row.trigger).unwrap_or_default();
        let workspace = &self.row.workspace_name;
        self.unseen.push_back(RunEvent::Started {
            run: RunFacts {
                id: self.row.id.to_string(),
                pipeline: self.row.pipeline_name.to_string(),
                number: self.row.number,
                trigger,
                workspace: (!workspace.is_default()).then(|| workspace.to_string()),
            },
            input: self.input.clone(),
        });
    }

    /// Gives up the attempts of the server before, and takes up where the history ends.
    ///
    /// The language has seen everything that is stored: its state is stored with the events. Only
    /// a run that had decided its end may have to decide it once more.
    fn go_on(&mut self) {
        self.memos_restore();
        self.timers_restore();
        let lost: Vec<(StepNo, u32, u64)> = self
            .run
            .open_attempts()
            .filter_map(|(step, attempt)| {
                Some((step.no, attempt.number, attempt.state.lease()?.token))
            })
            .collect();
        for (step, attempt, token) in lost {
            let message = "the server stopped while it was running".into();
            let end = AttemptEnd::Abandoned { message };
            let event = AttemptEvent::Ended { token: Some(token), end: end.clone() };
            self.emit_sure(Event::Attempt { step, attempt, event });
            self.attempt_follow(step, &end);
        }
    }
}

/// Reads all that happened to a run.
pub(crate) async fn history(store: &dyn Store, run: RunId) -> Result<Vec<Recorded>, StoreError> {
    let mut history: Vec<Recorded> = vec![];
    loop {
        let page = store.run_history(run, history.len() as u64, PAGE).await?;
        if page.is_empty() {
            return Ok(history);
        }
        history.extend(page);
    }
}

/// Ends a run that cannot even be loaded, so that it does not stay open for ever.
pub(crate) async fn give_up(inner: &Inner, row: &RunRow, err: &StoreError) {
    tracing::error!(run = %row.id, "failed to load a run: {}", chain(err));
    if row.seq > 0 {
        // There is a history that we do not understand: a person must look at it.
        return;
    }
    let at = inner.parts.clock.now();
    let message: Arc<str> = chain(err).into();
    let event = Event::Ended { outcome: Outcome::Errored, message: Some(Arc::clone(&message)) };
    let append = kernel_ports::run::RunAppend {
        run: row.id,
        boot: inner.boot,
        seen: 0,
        events: vec![Recorded { at, event }],
        language_state: None,
        status: kernel_ports::run::RunStatus::Ended(Outcome::Errored),
        message: Some(message),
        started_at: None,
        ended_at: Some(at),
        wake_at: None,
        facts: vec![],
        results: vec![],
        artifacts: vec![],
    };
    if let Err(err) = inner.parts.store.run_append(append).await {
        tracing::error!(run = %row.id, "failed to end a run: {}", chain(&err));
    }
}

/// Returns the results of the origin run that this run was told to reuse.
async fn reuse(store: &dyn Store, row: &RunRow, input: &RunInput) -> Result<Reuse, StoreError> {
    let mut reuse = Reuse::default();
    let Some(origin) = row.origin.filter(|_| !input.reuse.is_empty()) else { return Ok(reuse) };
    let before = history(store, origin).await?;
    let corrupt = |err: &dyn std::error::Error| StoreError::Corrupt {
        what: origin.to_string(),
        reason: chain(err),
    };
    let before = Run::replay(&before).map_err(|err| corrupt(&err))?;
    let wanted: std::collections::HashSet<&str> = input.reuse.iter().map(String::as_str).collect();
    for step in before.steps {
        use kernel_model::step::StepState;
        if let StepState::Ended { outcome: Outcome::Succeeded, value, .. } = step.state
            && step.work.is_some()
            && wanted.contains(step.node.path.as_str())
        {
            reuse.add(step.node.path, origin, value);
        }
    }
    Ok(reuse)
}

fn last_token(history: &[Recorded]) -> u64 {
    let token = |recorded: &Recorded| match &recorded.event {
        Event::Attempt { event: AttemptEvent::Assigned { lease }, .. } => Some(lease.token),
        _ => None,
    };
    history.iter().filter_map(token).max().unwrap_or(0)
}
