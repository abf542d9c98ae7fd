//! One task per run in progress: the only one that changes the run.
//!
//! It takes messages, turns them into events of the model, asks the language what follows, and
//! appends everything that came of it in one transaction. Only then does it act: attempts are
//! started, callers are answered.
//!
//! Invariants:
//! - The model and the store never differ by more than the batch in hand.
//! - Nothing is awaited while the model is half changed but reads of the store and the language.

mod attempts;
mod batch;
mod commands;
mod end;
mod load;
mod reuse;
mod settle;
mod timers;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use kernel_model::attempt::Text;
use kernel_model::event::{Event, Recorded, StepNo};
use kernel_model::id::RunId;
use kernel_model::outcome::Outcome;
use kernel_model::run::{IllegalTransition, Run, RunState};
use kernel_model::time::Time;
use kernel_ports::run::RunRow;
use tokio::sync::{mpsc, oneshot, watch};
use wit_envelope::language::{RunEvent, RunInput};

use crate::SchedulerError;
use crate::attempt::{Ended, Stop};
use crate::dispatch::Slot;
use crate::plan::Plan;
use crate::scheduler::Inner;
use crate::waiting::Waiting;
use batch::Batch;
use reuse::Reuse;
use timers::Timers;

pub(crate) use load::{give_up, history};

/// What an actor is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// A slot for a queued attempt.
    Granted {
        step: StepNo,
        attempt: u32,
        slot: Slot,
    },
    /// The machine's state between two calls.
    Save {
        step: StepNo,
        attempt: u32,
        token: u64,
        state: Arc<[u8]>,
    },
    AttemptEnded {
        step: StepNo,
        attempt: u32,
        token: u64,
        ended: Ended,
    },
    /// A newer attempt with the same key runs instead.
    Deferred {
        step: StepNo,
        attempt: u32,
        to: RunId,
    },
    RunCancel {
        by: Text,
        reply: Reply,
    },
    StepCancel {
        step: StepNo,
        by: String,
        reply: Option<Reply>,
    },
    /// Which reasons hold back pending attempts.
    Waiting {
        reply: oneshot::Sender<Vec<(StepNo, Waiting)>>,
    },
    Drain,
}

/// Answers a caller once what it asked for is stored.
pub(crate) type Reply = oneshot::Sender<Result<(), SchedulerError>>;

/// The way to an actor.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox(mpsc::UnboundedSender<Message>);

/// A run in progress.
pub(crate) struct Actor {
    inner: Arc<Inner>,
    row: RunRow,
    input: RunInput,
    plan: Arc<Plan>,
    run: Run,
    seq: u64,
    language_state: Arc<[u8]>,
    mailbox: Mailbox,
    inbox: mpsc::UnboundedReceiver<Message>,
    progress: watch::Sender<u64>,
    /// Events that the language has not seen.
    unseen: VecDeque<RunEvent>,
    batch: Batch,
    live: HashMap<StepNo, Live>,
    /// Steps that wait for a slot.
    queued: HashMap<StepNo, u32>,
    timers: Timers,
    reuse: Reuse,
    next_token: u64,
    draining: bool,
    uses_volumes: bool,
}

/// An attempt in progress.
struct Live {
    attempt: u32,
    token: u64,
    stop: watch::Sender<Option<Stop>>,
    /// Given back when the attempt has ended and that is stored.
    slot: Slot,
}

/// Why an actor stops.
#[derive(Debug, PartialEq, Eq)]
enum Leave {
    /// The run has ended.
    Ended,
    /// Nothing to do before that time.
    Asleep(Option<Time>),
    /// The server stops, or another kernel took over: the rest is for the next start.
    Interrupted,
}

impl Mailbox {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Message>) {
        let (sender, inbox) = mpsc::unbounded_channel();
        (Self(sender), inbox)
    }

    /// Sends, and gives the message back if the actor is gone.
    pub(crate) fn try_send(&self, message: Message) -> Result<(), Message> {
        self.0.send(message).map_err(|err| err.0)
    }

    /// Sends; to an actor that is gone there is nothing to say.
    pub(crate) fn send(&self, message: Message) {
        drop(self.try_send(message));
    }
}

impl Actor {
    /// Works until the run ends, sleeps or the server stops.
    pub(crate) async fn live(mut self) {
        let leave = loop {
            // Whatever has arrived shares the transaction.
            while let Ok(message) = self.inbox.try_recv() {
                self.handle(message);
            }
            self.timers_fire();
            if let Err(leave) = self.settle().await {
                break leave;
            }
            if self.has_news() {
                continue;
            }
            if let Some(leave) = self.leave() {
                break leave;
            }
            let sleep = self.inner.sleep_until(self.timers.next());
            tokio::select! {
                message = self.inbox.recv() => {
                    if let Some(message) = message {
                        self.handle(message);
                    }
                }
                () = sleep => {}
            }
        };
        self.depart(leave);
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Granted { step, attempt, slot } => self.attempt_start(step, attempt, slot),
            Message::Save { step, attempt, token, state } => {
                self.attempt_save(step, attempt, token, state);
            }
            Message::AttemptEnded { step, attempt, token, ended } => {
                self.attempt_ended(step, attempt, token, ended);
            }
            Message::Deferred { step, attempt, to } => self.attempt_deferred(step, attempt, to),
            Message::RunCancel { by, reply } => {
                self.run_cancel(&by);
                self.batch.reply(reply, Ok(()));
            }
            Message::StepCancel { step, by, reply } => {
                let answer = self.step_cancel(step, &by.into());
                if let Some(reply) = reply {
                    self.batch.reply(reply, answer);
                }
            }
            Message::Waiting { reply } => {
                let _ = reply.send(self.waiting());
            }
            Message::Drain => self.drain(),
        }
    }

    /// Changes the model, and remembers the event for the store.
    fn emit(&mut self, event: Event) -> Result<(), IllegalTransition> {
        let recorded = Recorded { at: self.now(), event };
        self.run.on(&recorded)?;
        self.batch.events.push(recorded);
        Ok(())
    }

    /// As `emit`, for events that the model cannot refuse here; a refusal is a bug and is said.
    fn emit_sure(&mut self, event: Event) {
        if let Err(err) = self.emit(event) {
            debug_assert!(false, "bug: {err}");
            tracing::error!(run = %self.row.id, "bug: {err}");
        }
    }

    fn now(&self) -> Time {
        self.inner.parts.clock.now()
    }

    fn run_cancel(&mut self, by: &Text) {
        if self.run.outcome().is_some() {
            return;
        }
        if self.run.cancel_by.is_some() {
            // Who asks twice means it: no more hooks, no more grace.
            self.finish(Outcome::Cancelled, Some(format!("ended by {by}").into()));
            for live in self.live.values() {
                live.stop.send_replace(Some(Stop::Kill { by: by.clone() }));
            }
            return;
        }
        self.emit_sure(Event::CancelRequested { by: by.clone() });
        self.unseen.push_back(RunEvent::CancelRequested { by: by.to_string() });
    }

    fn drain(&mut self) {
        self.draining = true;
        for live in self.live.values() {
            live.stop.send_replace(Some(Stop::Drain));
        }
    }

    /// Returns whether there is something left that the language has to hear of.
    fn has_news(&self) -> bool {
        !self.unseen.is_empty() && self.run.outcome().is_none()
    }

    /// Returns why there is nothing left to do here, if so.
    fn leave(&self) -> Option<Leave> {
        if self.run.outcome().is_some() {
            return Some(Leave::Ended);
        }
        if !self.live.is_empty() {
            return None;
        }
        if self.draining {
            return Some(Leave::Interrupted);
        }
        let next = self.timers.next();
        let is_due = next.is_some_and(|at| at <= self.now());
        (self.run.state == RunState::Waiting && !is_due).then_some(Leave::Asleep(next))
    }

    fn depart(self, leave: Leave) {
        let Self { inner, row, queued, inbox, progress, uses_volumes, .. } = self;
        for step in queued.keys() {
            inner.dispatch.withdraw(row.id, *step);
        }
        drop(progress);
        match leave {
            Leave::Ended => inner.run_ended(row.id, uses_volumes),
            Leave::Asleep(at) => inner.run_asleep(row.id, at, inbox),
            Leave::Interrupted => inner.run_left(row.id),
        }
    }
}
