//! Steps that hold others: how they begin, go on, end, and are cancelled.

use wit_envelope::language::Command;
use wit_envelope::machine::Status;

use super::state::{EndState, FrameId, Hook, Phase};
use super::{End, Engine, Todo};
use crate::program::Kind;
use crate::quantity::duration_text;

impl Engine<'_> {
    pub(super) fn begin(&mut self, id: FrameId) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        // A frame that was put on hold has its phase already.
        if !matches!(frame.phase, Phase::Begun | Phase::Slot) {
            return;
        }
        let (path, group) = (frame.path.clone(), frame.group.clone());
        let cancelled = frame.cancelled;
        if cancelled && !self.is_leaf(id) {
            // Nothing of it has begun, so nothing of it has to be tidied up.
            self.queue.push_back(Todo::End(id, cancelled_end()));
            self.set(id, Phase::Over { held: false });
            return;
        }
        match &node.kind {
            Kind::Task(_) | Kind::Get(_) | Kind::Put(_) => self.begin_leaf(id),
            Kind::Sequence { steps, open } => {
                let inside = match open {
                    None => group,
                    Some(kind) => {
                        self.open_group(&path, Some(&group), &node.name, kind.word());
                        path
                    }
                };
                self.sequence(id, steps, &inside);
            }
            Kind::Try { steps } => {
                self.open_group(&path, Some(&group), &node.name, "try");
                self.sequence(id, steps, &path);
            }
            Kind::Parallel { open, .. } => {
                let kind = open.word();
                self.open_group(&path, Some(&group), &node.name, kind);
                let phase = Phase::Parallel { next: 0, live: 0, end: None, stopped: false };
                self.set(id, phase);
                self.fill(id);
            }
            Kind::Attempts { step, .. } => {
                self.open_group(&path, Some(&group), &node.name, "attempts");
                self.set(id, Phase::Attempt(1));
                self.spawn_at(id, *step, format!("{path}/attempt/1"), path);
            }
            Kind::Timeout { step, ms } => {
                let name = timer_name(&path);
                self.commands.push(Command::Timer { name, after_ms: *ms });
                self.set(id, Phase::Timeout { fired: false });
                self.spawn_at(id, *step, path, group);
            }
            Kind::Hooks { step, .. } => {
                self.set(id, Phase::Hooks { at: Hook::Body, end: End::ok().into() });
                self.spawn_at(id, *step, path, group);
            }
            Kind::Assert { step, .. } => {
                let started = self.started_count(id);
                self.set(id, Phase::Assert(started));
                self.spawn_at(id, *step, path, group);
            }
        }
    }

    fn sequence(&mut self, id: FrameId, steps: &[u32], group: &str) {
        self.set(id, Phase::Sequence(0));
        match steps.first() {
            Some(step) => self.spawn_child(id, *step, group),
            None => self.queue.push_back(Todo::End(id, End::ok())),
        }
    }

    /// A frame has ended: its parent goes on.
    pub(super) fn end(&mut self, id: FrameId, end: End) {
        let Some(node) = self.node(id) else { return };
        let Some(frame) = self.state.frames.remove(&id) else { return };
        let begun = !matches!(frame.phase, Phase::Begun | Phase::Over { .. });
        let mut end = end;
        match &node.kind {
            Kind::Sequence { open: Some(_), .. }
            | Kind::Parallel { .. }
            | Kind::Attempts { .. }
                if begun =>
            {
                self.end_group(&frame.path, &end);
            }
            Kind::Try { .. } if begun => {
                if end.status != Status::Cancelled && !frame.cancelled {
                    // What was forgiven stays readable.
                    end.status = Status::Succeeded;
                }
                self.end_group(&frame.path, &end);
                if end.succeeded() {
                    end.message = None;
                }
            }
            Kind::Task(_) | Kind::Get(_) | Kind::Put(_) => self.free_slot(frame.job, &frame.phase),
            _ => {}
        }
        match frame.parent {
            Some(parent) => self.child_ended(parent, end),
            None => self.job_ended(frame.job, end),
        }
    }

    fn child_ended(&mut self, id: FrameId, end: End) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get_mut(&id)) else {
            return;
        };
        let cancelled = frame.cancelled;
        match (&node.kind, &mut frame.phase) {
            (Kind::Sequence { steps, .. } | Kind::Try { steps }, Phase::Sequence(at)) => {
                *at += 1;
                let next = steps.get(*at as usize);
                let in_group = !matches!(node.kind, Kind::Sequence { open: None, .. });
                let inside = if in_group { frame.path.clone() } else { frame.group.clone() };
                match next {
                    Some(_) if end.succeeded() && cancelled => {
                        self.queue.push_back(Todo::End(id, cancelled_end()));
                    }
                    Some(step) if end.succeeded() => self.spawn_child(id, *step, &inside),
                    _ => self.queue.push_back(Todo::End(id, end)),
                }
            }
            (
                Kind::Parallel { fail_fast, .. },
                Phase::Parallel { live, end: worst, stopped, .. },
            ) => {
                *live -= 1;
                // Siblings that were stopped because of the first failure say nothing new.
                let aside = *stopped && !cancelled && end.status == Status::Cancelled;
                let rank = worst.clone().map_or(0, |worst| End::from(worst).rank());
                let stop = *fail_fast && !end.succeeded() && !*stopped;
                if !aside && end.rank() > rank {
                    *worst = Some(end.into());
                }
                if stop {
                    *stopped = true;
                    for child in self.children(id) {
                        self.cancel(child, "the failure of a step beside it");
                    }
                }
                self.fill(id);
            }
            (Kind::Attempts { step, max }, Phase::Attempt(at)) => {
                let again =
                    !end.succeeded() && end.status != Status::Cancelled && !cancelled && *at < *max;
                if again {
                    *at += 1;
                    let path = format!("{}/attempt/{at}", frame.path);
                    let group = frame.path.clone();
                    self.spawn_at(id, *step, path, group);
                } else {
                    self.queue.push_back(Todo::End(id, end));
                }
            }
            (Kind::Timeout { ms, .. }, Phase::Timeout { fired }) => {
                let end = if *fired && !end.succeeded() {
                    let message = format!("took longer than {}", duration_text(*ms));
                    // A job's name is put before its message when the run ends.
                    let of_job = frame.path == frame.group;
                    let message =
                        if of_job { message } else { format!("{}: {message}", node.name) };
                    End::new(Status::TimedOut, message)
                } else {
                    end
                };
                if !*fired {
                    let name = timer_name(&frame.path);
                    self.commands.push(Command::TimerCancel { name });
                }
                self.queue.push_back(Todo::End(id, end));
            }
            (Kind::Hooks { .. }, Phase::Hooks { .. }) => self.hooks_go_on(id, end),
            (Kind::Assert { execution, .. }, Phase::Assert(before)) => {
                let before = *before as usize;
                let end = self.judge(id, end, execution, before);
                self.queue.push_back(Todo::End(id, end));
            }
            _ => self.queue.push_back(Todo::End(id, end)),
        }
    }

    /// Starts as many steps beside each other as may run, or ends the group.
    fn fill(&mut self, id: FrameId) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get_mut(&id)) else {
            return;
        };
        let (Kind::Parallel { steps, limit, .. }, cancelled, path) =
            (&node.kind, frame.cancelled, frame.path.clone())
        else {
            return;
        };
        let Phase::Parallel { next, live, end, stopped } = &mut frame.phase else { return };
        let limit = limit.unwrap_or(u32::MAX);
        let mut begin = Vec::new();
        while !cancelled && !*stopped && *live < limit {
            let Some(step) = steps.get(*next as usize) else { break };
            begin.push(*step);
            *next += 1;
            *live += 1;
        }
        let idle = *live == 0;
        let unfinished = (*next as usize) < steps.len();
        let end = end.clone();
        for step in begin {
            self.spawn_child(id, step, &path);
        }
        if idle {
            let end = match end {
                Some(EndState(status, message)) => End { status, message },
                None if cancelled && unfinished => cancelled_end(),
                None => End::ok(),
            };
            self.queue.push_back(Todo::End(id, end));
        }
    }

    /// Asks a frame and all in it to stop; `reason` is by what or whom. Hooks that tidy up are left alone.
    pub(super) fn cancel(&mut self, id: FrameId, reason: &str) {
        let Some(frame) = self.state.frames.get_mut(&id) else { return };
        if frame.cancelled {
            return;
        }
        frame.cancelled = true;
        let command =
            |path: &str| Command::Cancel { path: path.to_owned(), reason: reason.to_owned() };
        match &frame.phase {
            Phase::Begun | Phase::Ready | Phase::Over { .. } => {}
            Phase::Slot | Phase::Version(_) => {
                let job = frame.job as usize;
                if let Some(job) = self.state.jobs.get_mut(job) {
                    job.waiting.retain(|waiting| *waiting != id);
                }
                self.leaf_never_started(id, cancelled_end());
            }
            Phase::File(path) | Phase::AfterPut { path, .. } => {
                let command = command(path);
                self.commands.push(command);
            }
            Phase::Work { .. } => {
                let command = command(&frame.path);
                self.commands.push(command);
            }
            Phase::Hooks { at: Hook::Abort | Hook::Ensure, .. } => {}
            Phase::Sequence(_)
            | Phase::Parallel { .. }
            | Phase::Attempt(_)
            | Phase::Timeout { .. }
            | Phase::Hooks { .. }
            | Phase::Assert(_) => {
                for child in self.children(id) {
                    self.cancel(child, reason);
                }
            }
        }
    }

    pub(super) fn timer(&mut self, name: &str) {
        let found = self.state.frames.iter_mut().find_map(|(id, frame)| match &mut frame.phase {
            Phase::Timeout { fired } if !*fired && timer_name(&frame.path) == name => {
                *fired = true;
                Some(*id)
            }
            _ => None,
        });
        let Some(id) = found else { return };
        for child in self.children(id) {
            self.cancel(child, "the timeout around it");
        }
    }

    pub(super) fn set(&mut self, id: FrameId, phase: Phase) {
        if let Some(frame) = self.state.frames.get_mut(&id) {
            frame.phase = phase;
        }
    }

    /// Returns the word for a group that stands for a leaf, if a frame is one.
    pub(super) fn leaf_word(&self, id: FrameId) -> Option<&'static str> {
        match self.node(id)?.kind {
            Kind::Task(_) => Some("task"),
            Kind::Get(_) => Some("get"),
            Kind::Put(_) => Some("put"),
            _ => None,
        }
    }
}

/// Returns the end of what was stopped.
pub(super) fn cancelled_end() -> End {
    End { status: Status::Cancelled, message: None }
}

fn timer_name(path: &str) -> String {
    format!("timeout/{path}")
}
