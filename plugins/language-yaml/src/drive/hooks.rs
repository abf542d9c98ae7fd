//! What runs after a step, by how it ended, and what assertions say.
//!
//! The hooks have their turns in the order success, failure, abort, error, ensure, each by how
//! things stand then: as in Concourse, a failing `on_success` lets `on_failure` run. A hook never
//! makes an end better; one that does not succeed makes a success bad.

use wit_envelope::machine::Status;

use super::flow::cancelled_end;
use super::state::{FrameId, Hook, Phase};
use super::{End, Engine, Todo};
use crate::program::{Hooks, Kind};

impl Engine<'_> {
    /// The step or a hook of it has ended: the next hook's turn.
    pub(super) fn hooks_go_on(&mut self, id: FrameId, end: End) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get_mut(&id)) else {
            return;
        };
        let (Kind::Hooks { hooks, .. }, Phase::Hooks { at, end: so_far }) =
            (&node.kind, &mut frame.phase)
        else {
            return;
        };
        let so_far = End::from(so_far.clone());
        let mut now = match *at {
            Hook::Body => end,
            // The step was red before the hook, and stays as it was.
            _ if end.succeeded() || !so_far.succeeded() => so_far,
            _ => end,
        };
        if frame.cancelled && !matches!(at, Hook::Abort | Hook::Ensure) {
            now = End { status: Status::Cancelled, ..now };
        }
        let next = turn(hooks, *at, now.status);
        let Some((hook, step)) = next else {
            self.queue.push_back(Todo::End(id, now));
            return;
        };
        let (path, group) = (frame.path.clone(), frame.group.clone());
        frame.phase = Phase::Hooks { at: hook, end: now.into() };
        let path = format!("{path}/{}", hook.key());
        self.spawn_at(id, step, path, group);
    }

    /// Counts the steps of a frame's job that were started.
    pub(super) fn started_count(&self, id: FrameId) -> u32 {
        let job = self.state.frames.get(&id).and_then(|f| self.state.jobs.get(f.job as usize));
        job.map_or(0, |job| u32::try_from(job.started.len()).unwrap_or(u32::MAX))
    }

    /// Compares which steps were started with which had to be. If they are the same, then what
    /// happened was expected, however it ended.
    pub(super) fn judge(&self, id: FrameId, end: End, execution: &[String], before: usize) -> End {
        if end.status == Status::Cancelled {
            return cancelled_end();
        }
        let job = self.state.frames.get(&id).and_then(|f| self.state.jobs.get(f.job as usize));
        let started = job.and_then(|job| job.started.get(before..)).unwrap_or_default();
        if started == execution {
            return End::ok();
        }
        let message = format!(
            "assert.execution expected [{}], found [{}]",
            execution.join(", "),
            started.join(", ")
        );
        End::new(Status::Failed, message)
    }
}

impl Hook {
    fn key(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Success => "on_success",
            Self::Failure => "on_failure",
            Self::Abort => "on_abort",
            Self::Error => "on_error",
            Self::Ensure => "ensure",
        }
    }
}

/// Returns the next hook whose time has come.
fn turn(hooks: &Hooks, at: Hook, status: Status) -> Option<(Hook, u32)> {
    let all = [
        (Hook::Success, hooks.success, status == Status::Succeeded),
        (Hook::Failure, hooks.failure, status == Status::Failed),
        (Hook::Abort, hooks.abort, status == Status::Cancelled),
        (Hook::Error, hooks.error, matches!(status, Status::Errored | Status::TimedOut)),
        (Hook::Ensure, hooks.ensure, true),
    ];
    all.into_iter()
        .filter(|(hook, _, due)| *hook > at && *due)
        .find_map(|(hook, step, _)| Some((hook, step?)))
}
