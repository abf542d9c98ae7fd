//! A run: the fold of its events.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::attempt::{AttemptEvent, AttemptState, Refusal, Text};
use crate::event::{Event, Node, Recorded, StepNo};
use crate::name::StepPath;
use crate::outcome::Outcome;
use crate::step::{Attempt, Step, StepState, StepWork};
use crate::time::Time;

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RunState {
    /// Accepted, not begun.
    #[default]
    Queued,
    Running,
    /// Nothing in progress: it waits for a time or an answer, and costs nothing.
    Waiting,
    Ended {
        at: Time,
        outcome: Outcome,
        message: Option<Text>,
    },
}

/// Everything that is known about a run's course.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    pub state: RunState,
    pub started_at: Option<Time>,
    /// Who asked it to stop, first.
    pub cancel_by: Option<Text>,
    /// How it will end, once nothing is open any more.
    pub decided: Option<(Outcome, Option<Text>)>,
    /// By number: `steps[0]` is number 1.
    pub steps: Vec<Step>,
    /// Timers of the language that have not fired.
    pub timers: BTreeMap<Text, Time>,
    by_path: HashMap<StepPath, StepNo>,
}

/// An event that the run, as it stands, does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IllegalTransition {
    pub event: Box<Event>,
    pub refusal: Refusal,
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.refusal {
            Refusal::Fenced => "its lease is no longer held",
            Refusal::Ended => "it has ended already",
            Refusal::Illegal => "that cannot happen in this state",
        };
        write!(f, "refused {:?}: {reason}", self.event)
    }
}

impl std::error::Error for IllegalTransition {}

impl Run {
    /// Changes the run by one event. On refusal nothing has changed.
    pub fn on(&mut self, recorded: &Recorded) -> Result<(), IllegalTransition> {
        self.apply(recorded.at, &recorded.event).map_err(|refusal| IllegalTransition {
            event: Box::new(recorded.event.clone()),
            refusal,
        })
    }

    /// Builds a run from its history.
    pub fn replay<'a>(
        history: impl IntoIterator<Item = &'a Recorded>,
    ) -> Result<Self, IllegalTransition> {
        let mut run = Self::default();
        for recorded in history {
            run.on(recorded)?;
        }
        Ok(run)
    }

    /// Returns the step of that number.
    #[must_use]
    pub fn step(&self, no: StepNo) -> Option<&Step> {
        self.steps.get(usize::try_from(no.0).ok()?.checked_sub(1)?)
    }

    /// Returns the step at that path.
    #[must_use]
    pub fn step_at(&self, path: &StepPath) -> Option<&Step> {
        self.step(*self.by_path.get(path)?)
    }

    /// Returns the number that the next group or step gets.
    #[must_use]
    pub fn next_step(&self) -> StepNo {
        StepNo(u32::try_from(self.steps.len()).unwrap_or(u32::MAX - 1) + 1)
    }

    /// Returns the outcome, if the run has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        match self.state {
            RunState::Ended { outcome, .. } => Some(outcome),
            RunState::Queued | RunState::Running | RunState::Waiting => None,
        }
    }

    /// Returns the steps whose newest attempt has not ended.
    pub fn open_attempts(&self) -> impl Iterator<Item = (&Step, &Attempt)> {
        self.steps
            .iter()
            .filter(|step| step.state == StepState::Open)
            .filter_map(|step| Some((step, step.attempt()?)))
            .filter(|(_, attempt)| attempt.state.end().is_none())
    }

    fn apply(&mut self, at: Time, event: &Event) -> Result<(), Refusal> {
        match (&self.state, event) {
            (RunState::Queued, Event::Started) => {
                self.state = RunState::Running;
                self.started_at = Some(at);
                Ok(())
            }
            (RunState::Queued, Event::CancelRequested { by }) => self.cancel(by),
            // A queued run can be cancelled or skipped without ever running.
            (
                RunState::Queued,
                Event::Ended {
                    outcome: Outcome::Cancelled | Outcome::Skipped | Outcome::Errored,
                    ..
                },
            ) => self.end(at, event),
            (RunState::Queued, _) => Err(Refusal::Illegal),
            // Notes and late remarks never change an ended run; the first end stands.
            (RunState::Ended { .. }, _) => Err(Refusal::Ended),
            (RunState::Running, Event::Waiting) => {
                if self.has_leases() {
                    return Err(Refusal::Illegal);
                }
                self.state = RunState::Waiting;
                Ok(())
            }
            (RunState::Waiting, Event::Resumed) => {
                self.state = RunState::Running;
                Ok(())
            }
            (RunState::Waiting, Event::Waiting)
            | (RunState::Running, Event::Resumed)
            | (RunState::Running | RunState::Waiting, Event::Started) => Err(Refusal::Illegal),
            (RunState::Running | RunState::Waiting, Event::CancelRequested { by }) => {
                self.cancel(by)
            }
            (RunState::Running | RunState::Waiting, Event::Ended { .. }) => self.end(at, event),
            (RunState::Running | RunState::Waiting, event) => self.apply_inside(at, event),
        }
    }

    /// Events of a run that has started and not ended.
    fn apply_inside(&mut self, at: Time, event: &Event) -> Result<(), Refusal> {
        match event {
            Event::GroupOpened { step, node } => self.open(at, *step, node, None),
            Event::StepStarted { step, node, work, options } => {
                let work =
                    StepWork { work: work.clone(), options: options.clone(), attempts: vec![] };
                self.open(at, *step, node, Some(work))
            }
            Event::GroupEnded { step, outcome, message } => {
                let group = self.open_step(*step)?;
                if group.work.is_some() {
                    return Err(Refusal::Illegal);
                }
                group.state = StepState::Ended {
                    at,
                    outcome: *outcome,
                    message: message.clone(),
                    value: "null".into(),
                };
                Ok(())
            }
            Event::StepEnded { step, outcome, message, value } => {
                self.step_end(at, *step, *outcome, message.as_ref(), value)
            }
            Event::AttemptCreated { step, attempt, why, not_before } => {
                self.attempt_create(at, *step, *attempt, *why, *not_before)
            }
            Event::Attempt { step, attempt, event } => self.attempt_on(at, *step, *attempt, event),
            Event::Noted { step, text } => {
                self.step_mut(*step)?.notes.push(text.clone());
                Ok(())
            }
            Event::TimerSet { name, due } => {
                self.timers.insert(name.clone(), *due);
                Ok(())
            }
            Event::TimerCancelled { name } | Event::TimerFired { name } => {
                self.timers.remove(name).map(drop).ok_or(Refusal::Illegal)
            }
            Event::FactsRead { .. } => Ok(()),
            Event::EndDecided { outcome, message } => {
                if self.decided.is_some() {
                    return Err(Refusal::Illegal);
                }
                self.decided = Some((*outcome, message.clone()));
                Ok(())
            }
            Event::Started
            | Event::Waiting
            | Event::Resumed
            | Event::CancelRequested { .. }
            | Event::Ended { .. } => Err(Refusal::Illegal),
        }
    }

    fn cancel(&mut self, by: &Text) -> Result<(), Refusal> {
        if self.cancel_by.is_some() {
            return Err(Refusal::Illegal);
        }
        self.cancel_by = Some(by.clone());
        Ok(())
    }

    /// A run ends when nothing in it is open any more.
    fn end(&mut self, at: Time, event: &Event) -> Result<(), Refusal> {
        let Event::Ended { outcome, message } = event else { return Err(Refusal::Illegal) };
        if self.steps.iter().any(|step| step.state == StepState::Open) {
            return Err(Refusal::Illegal);
        }
        self.state = RunState::Ended { at, outcome: *outcome, message: message.clone() };
        self.timers.clear();
        Ok(())
    }

    fn open(
        &mut self,
        at: Time,
        no: StepNo,
        node: &Node,
        work: Option<StepWork>,
    ) -> Result<(), Refusal> {
        let parent_ok = node.parent.is_none_or(|parent| {
            self.step(parent).is_some_and(|p| p.work.is_none() && p.state == StepState::Open)
        });
        if no != self.next_step() || self.by_path.contains_key(&node.path) || !parent_ok {
            return Err(Refusal::Illegal);
        }
        self.by_path.insert(node.path.clone(), no);
        self.steps.push(Step {
            no,
            node: node.clone(),
            opened_at: at,
            state: StepState::Open,
            work,
            notes: vec![],
        });
        Ok(())
    }

    fn step_end(
        &mut self,
        at: Time,
        no: StepNo,
        outcome: Outcome,
        message: Option<&Text>,
        value: &Text,
    ) -> Result<(), Refusal> {
        let step = self.open_step(no)?;
        let end = step.attempt().and_then(|attempt| attempt.state.end());
        // The outcome is that of the last attempt; only another run's result may differ.
        let follows = match end {
            Some(end) => end.outcome().is_none_or(|own| own == outcome),
            None => false,
        };
        if !follows {
            return Err(Refusal::Illegal);
        }
        step.state =
            StepState::Ended { at, outcome, message: message.cloned(), value: value.clone() };
        Ok(())
    }

    fn attempt_create(
        &mut self,
        at: Time,
        no: StepNo,
        number: u32,
        why: crate::attempt::Why,
        not_before: Time,
    ) -> Result<(), Refusal> {
        let step = self.open_step(no)?;
        let Some(work) = &mut step.work else { return Err(Refusal::Illegal) };
        let last_ended = work.attempts.last().is_none_or(|last| last.state.end().is_some());
        let next = u32::try_from(work.attempts.len()).unwrap_or(u32::MAX - 1) + 1;
        if !last_ended || number != next {
            return Err(Refusal::Illegal);
        }
        work.attempts.push(Attempt {
            number,
            why,
            created_at: at,
            started_at: None,
            ended_at: None,
            state: AttemptState::Pending { not_before },
        });
        Ok(())
    }

    fn attempt_on(
        &mut self,
        at: Time,
        no: StepNo,
        number: u32,
        event: &AttemptEvent,
    ) -> Result<(), Refusal> {
        let step = self.step_mut(no)?;
        let attempts = step.work.as_mut().map(|w| w.attempts.as_mut_slice()).unwrap_or_default();
        let attempt = attempts.iter_mut().find(|a| a.number == number).ok_or(Refusal::Illegal)?;
        attempt.state = attempt.state.on(event, at)?;
        match event {
            AttemptEvent::Started { .. } => attempt.started_at = Some(at),
            AttemptEvent::Ended { .. } => attempt.ended_at = Some(at),
            AttemptEvent::Assigned { .. }
            | AttemptEvent::MachineSaved { .. }
            | AttemptEvent::CancelRequested { .. } => {}
        }
        Ok(())
    }

    fn has_leases(&self) -> bool {
        self.open_attempts().any(|(_, attempt)| attempt.state.lease().is_some())
    }

    fn open_step(&mut self, no: StepNo) -> Result<&mut Step, Refusal> {
        let step = self.step_mut(no)?;
        match step.state {
            StepState::Open => Ok(step),
            StepState::Ended { .. } => Err(Refusal::Ended),
        }
    }

    fn step_mut(&mut self, no: StepNo) -> Result<&mut Step, Refusal> {
        let index = usize::try_from(no.0).ok().and_then(|n| n.checked_sub(1));
        index.and_then(|i| self.steps.get_mut(i)).ok_or(Refusal::Illegal)
    }
}

#[cfg(test)]
mod tests;
