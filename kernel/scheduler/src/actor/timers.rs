//! When something of a run is due.

use std::collections::BTreeSet;

use kernel_model::attempt::{AttemptState, Text};
use kernel_model::event::{Event, StepNo};
use kernel_model::time::Time;
use wit_envelope::language::RunEvent;

use super::Actor;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// A pending attempt may ask for a slot.
    Attempt { step: StepNo, attempt: u32 },
    /// A timer of the language.
    Timer { name: Text },
}

/// Points in time, soonest first. Entries that no longer hold are found out when they are due.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Time, Due)>);

impl Timers {
    pub(super) fn add(&mut self, at: Time, due: Due) {
        self.0.insert((at, due));
    }

    pub(super) fn next(&self) -> Option<Time> {
        self.0.first().map(|(at, _)| *at)
    }

    fn pop(&mut self, now: Time) -> Option<Due> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, due)| due)
    }

    fn remove(&mut self, at: Time, due: Due) {
        self.0.remove(&(at, due));
    }
}

impl Actor {
    pub(super) fn timers_fire(&mut self) {
        if self.draining {
            return;
        }
        let now = self.now();
        while let Some(due) = self.timers.pop(now) {
            match due {
                Due::Attempt { step, attempt } => self.attempt_due(step, attempt),
                Due::Timer { name } => {
                    let holds = self.run.timers.get(&name).is_some_and(|due| *due <= now);
                    if holds {
                        self.emit_sure(Event::TimerFired { name: name.clone() });
                        self.unseen.push_back(RunEvent::Timer { name: name.to_string() });
                    }
                }
            }
        }
    }

    pub(super) fn timer_set(&mut self, name: Text, after_ms: u64) {
        self.timer_cancel(&name);
        let due = self.now().plus_ms(after_ms);
        self.emit_sure(Event::TimerSet { name: name.clone(), due });
        self.timers.add(due, Due::Timer { name });
    }

    pub(super) fn timer_cancel(&mut self, name: &Text) {
        if let Some(due) = self.run.timers.get(name).copied() {
            self.emit_sure(Event::TimerCancelled { name: name.clone() });
            self.timers.remove(due, Due::Timer { name: name.clone() });
        }
    }

    /// Fills the timers from the model, after loading.
    pub(super) fn timers_restore(&mut self) {
        for (name, due) in &self.run.timers {
            self.timers.add(*due, Due::Timer { name: name.clone() });
        }
        for (step, attempt) in self.run.open_attempts() {
            if let AttemptState::Pending { not_before } = attempt.state {
                let due = Due::Attempt { step: step.no, attempt: attempt.number };
                self.timers.add(not_before, due);
            }
        }
    }
}
