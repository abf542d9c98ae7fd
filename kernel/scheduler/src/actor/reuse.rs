//! Results that are there already: of the run that this one was made from, and of steps with the
//! same memo key.

use std::collections::HashMap;

use kernel_model::attempt::{AttemptEnd, Text, Why};
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::name::StepPath;
use kernel_model::outcome::Outcome;
use kernel_model::step::StepState;
use wit_envelope::policy::StepOptions;

use super::Actor;
use super::timers::Due;

/// Results at hand.
#[derive(Debug, Default)]
pub(super) struct Reuse {
    origin: HashMap<StepPath, (RunId, Text)>,
    /// By memo key: the step that does the work, and those that wait for it.
    memos: HashMap<String, Memo>,
}

#[derive(Debug)]
struct Memo {
    leader: StepNo,
    followers: Vec<StepNo>,
}

impl Reuse {
    pub(super) fn add(&mut self, path: StepPath, from: RunId, value: Text) {
        self.origin.insert(path, (from, value));
    }

    pub(super) fn of_origin(&self, path: &StepPath) -> Option<(RunId, Text)> {
        self.origin.get(path).cloned()
    }
}

impl Actor {
    /// Returns whether another step with the same memo key does the work; its result is taken, now
    /// or when it is there.
    pub(super) fn memo_follows(&mut self, step: StepNo, options: &StepOptions) -> bool {
        let Some(key) = &options.memo else { return false };
        let Some(memo) = self.reuse.memos.get_mut(key) else {
            self.reuse.memos.insert(key.clone(), Memo { leader: step, followers: vec![] });
            return false;
        };
        let leader = memo.leader;
        match self.run.step(leader).map(|s| &s.state) {
            Some(StepState::Open) => {
                memo.followers.push(step);
                true
            }
            Some(StepState::Ended { outcome: Outcome::Succeeded, value, .. }) => {
                let value = value.clone();
                self.memo_take(step, value);
                true
            }
            Some(StepState::Ended { .. }) | None => {
                memo.leader = step;
                false
            }
        }
    }

    /// Serves those who wait for a step that has ended.
    pub(super) fn memo_settle(&mut self, step: StepNo) {
        let Some(memo) = self.reuse.memos.values_mut().find(|memo| memo.leader == step) else {
            return;
        };
        if memo.followers.is_empty() {
            return;
        }
        match self.run.step(step).map(|s| &s.state) {
            Some(StepState::Ended { outcome: Outcome::Succeeded, value, .. }) => {
                let (followers, value) = (std::mem::take(&mut memo.followers), value.clone());
                for follower in followers {
                    self.memo_take(follower, value.clone());
                }
            }
            // The next in line does the work itself.
            _ => {
                memo.leader = memo.followers.remove(0);
                let leader = memo.leader;
                let now = self.now();
                let created = kernel_model::event::Event::AttemptCreated {
                    step: leader,
                    attempt: 1,
                    why: Why::First,
                    not_before: now,
                };
                self.emit_sure(created);
                self.timers.add(now, Due::Attempt { step: leader, attempt: 1 });
            }
        }
    }

    /// A follower that waits no longer.
    pub(super) fn memo_leave(&mut self, step: StepNo) {
        for memo in self.reuse.memos.values_mut() {
            memo.followers.retain(|follower| *follower != step);
        }
    }

    /// Fills the table of memo keys from the model, after loading.
    pub(super) fn memos_restore(&mut self) {
        let steps: Vec<_> =
            self.run.steps.iter().filter(|s| s.work.is_some()).map(|s| s.no).collect();
        for step in steps {
            let Some(key) = self.options(step).memo else { continue };
            let has_attempt = self.run.step(step).is_some_and(|s| s.attempt().is_some());
            match self.reuse.memos.get_mut(&key) {
                Some(memo) if !has_attempt => memo.followers.push(step),
                Some(memo) => memo.leader = step,
                None => {
                    self.reuse.memos.insert(key, Memo { leader: step, followers: vec![] });
                }
            }
        }
    }

    fn memo_take(&mut self, step: StepNo, value: Text) {
        let not_before = self.now();
        let event = kernel_model::event::Event::AttemptCreated {
            step,
            attempt: 1,
            why: Why::First,
            not_before,
        };
        self.emit_sure(event);
        let from = self.row.id;
        self.attempt_end_unleased(step, AttemptEnd::Cached { from, value });
    }
}
