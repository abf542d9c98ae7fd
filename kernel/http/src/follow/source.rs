//! Which logs a run has, as its history tells.

use std::collections::HashMap;
use std::sync::Arc;

use kernel_model::attempt::AttemptEvent;
use kernel_model::event::{Event, Node, Recorded, StepNo};
use kernel_model::time::Time;

use crate::extract::StepSelector;

/// The log of one attempt.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) step: StepNo,
    pub(super) attempt: u32,
    pub(super) path: Arc<str>,
    /// When the attempt got its slot: nothing in its log is older.
    pub(super) at: Time,
    pub(super) is_wanted: bool,
    /// Whether the attempt has ended: no more will be said.
    pub(super) is_ended: bool,
}

/// The logs of a run, in the order in which their attempts got their slots.
#[derive(Debug)]
pub(super) struct Sources {
    wish: Option<StepSelector>,
    /// By number: `steps[0]` is number 1.
    steps: Vec<(Arc<str>, bool)>,
    list: Vec<Source>,
    places: HashMap<(StepNo, u32), usize>,
    /// How many events were read.
    pub(super) seq: u64,
    /// When the last one of them happened.
    pub(super) until: Time,
    /// Whether the run's end was read.
    pub(super) is_run_ended: bool,
}

impl Sources {
    /// Wants the logs of a step, or of all steps in a group; of all without a wish.
    pub(super) fn new(wish: Option<StepSelector>) -> Self {
        Self {
            wish,
            steps: vec![],
            list: vec![],
            places: HashMap::new(),
            seq: 0,
            until: Time(0),
            is_run_ended: false,
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<&Source> {
        self.list.get(index)
    }

    /// Takes the next event of the history.
    pub(super) fn on(&mut self, recorded: &Recorded) {
        self.seq += 1;
        self.until = recorded.at;
        match &recorded.event {
            Event::GroupOpened { step, node } | Event::StepStarted { step, node, .. } => {
                self.step_add(*step, node);
            }
            Event::Attempt { step, attempt, event: AttemptEvent::Assigned { .. } } => {
                self.add(*step, *attempt, recorded.at);
            }
            Event::Attempt { step, attempt, event: AttemptEvent::Ended { .. } } => {
                let place = self.places.get(&(*step, *attempt));
                if let Some(source) = place.and_then(|index| self.list.get_mut(*index)) {
                    source.is_ended = true;
                }
            }
            Event::Ended { .. } => self.is_run_ended = true,
            Event::Started
            | Event::Waiting
            | Event::Resumed
            | Event::CancelRequested { .. }
            | Event::EndDecided { .. }
            | Event::GroupEnded { .. }
            | Event::StepEnded { .. }
            | Event::AttemptCreated { .. }
            | Event::Attempt { .. }
            | Event::Noted { .. }
            | Event::TimerSet { .. }
            | Event::TimerCancelled { .. }
            | Event::TimerFired { .. }
            | Event::FactsRead { .. } => {}
        }
    }

    fn step_add(&mut self, no: StepNo, node: &Node) {
        let is_wanted = match &self.wish {
            None => true,
            Some(StepSelector::Number(wanted)) => *wanted == no,
            Some(StepSelector::Path(wanted)) => *wanted == node.path,
        };
        let is_inside = node.parent.and_then(|parent| self.step(parent)).is_some_and(|(_, w)| *w);
        self.steps.push((node.path.as_str().into(), is_wanted || is_inside));
    }

    fn step(&self, no: StepNo) -> Option<&(Arc<str>, bool)> {
        self.steps.get(usize::try_from(no.0).ok()?.checked_sub(1)?)
    }

    fn add(&mut self, step: StepNo, attempt: u32, at: Time) {
        let Some((path, is_wanted)) = self.step(step).cloned() else { return };
        self.places.insert((step, attempt), self.list.len());
        self.list.push(Source { step, attempt, path, at, is_wanted, is_ended: false });
    }
}
