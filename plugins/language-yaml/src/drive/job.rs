//! Jobs of a run: which take part, when they start, and how the run ends.

use std::collections::BTreeSet;

use wit_envelope::language::{Command, RunFacts, RunInput};
use wit_envelope::machine::Status;

use super::state::{Check, Frame, JobPhase, JobState, Phase};
use super::version::{cursor_key, passed_key};
use super::{End, Engine};

/// What the pipeline is asked for at the start.
pub(super) const QUERY: &str = "start";

impl Engine<'_> {
    pub(super) fn started(&mut self, run: &RunFacts, input: &RunInput) {
        if self.state.begun || !self.state.jobs.is_empty() {
            return;
        }
        self.state.args.clone_from(&input.args);
        if run.trigger.kind == "resource" {
            let data = &run.trigger.data;
            let resource = data.get("resource").and_then(|name| name.as_str());
            let version = data.get("version").cloned().unwrap_or_default();
            self.state.trigger =
                resource.filter(|_| !version.is_null()).map(|name| (name.to_owned(), version));
        }
        let taking_part = self.taking_part(&input.jobs);
        for no in 0..self.program.jobs.len() {
            let phase = if taking_part.contains(&no) { JobPhase::Pending } else { JobPhase::Out };
            self.state.jobs.push(JobState { phase, ..JobState::default() });
        }
        let known = |name: &String| self.program.jobs.iter().any(|job| job.name == *name);
        if let Some(name) = input.jobs.iter().find(|name| !known(name)) {
            let message = format!("the pipeline has no job {name:?}");
            self.finish(End::new(Status::Errored, message));
            return;
        }
        let keys = self.facts_needed(&taking_part);
        if keys.is_empty() {
            self.begin_jobs();
        } else {
            let query = QUERY.to_owned();
            self.commands.push(Command::FactGet { query, keys });
        }
    }

    /// Returns the jobs that were asked for and those downstream of them; all if none were.
    fn taking_part(&self, asked: &[String]) -> BTreeSet<usize> {
        let jobs = &self.program.jobs;
        let mut part: BTreeSet<usize> = (0..jobs.len())
            .filter(|no| asked.is_empty() || asked.contains(&jobs[*no].name))
            .collect();
        loop {
            let more: Vec<usize> = (0..jobs.len())
                .filter(|no| !part.contains(no))
                .filter(|no| jobs[*no].needs.iter().any(|need| part.contains(&(*need as usize))))
                .collect();
            if more.is_empty() {
                return part;
            }
            part.extend(more);
        }
    }

    /// Lists what the pipeline must remember for these jobs to run.
    fn facts_needed(&self, part: &BTreeSet<usize>) -> Vec<String> {
        let mut keys = BTreeSet::new();
        for job in part.iter().filter_map(|no| self.program.jobs.get(*no)) {
            for (resource, upstream) in &job.passed {
                for up in upstream.iter().filter(|up| !part.contains(&(**up as usize))) {
                    keys.insert(passed_key(self.program, *up, *resource));
                }
            }
            for resource in &job.every {
                keys.insert(cursor_key(self.program, *resource));
            }
        }
        keys.into_iter().collect()
    }

    pub(super) fn begin_jobs(&mut self) {
        self.state.begun = true;
        self.note_trigger();
        if self.state.cancelled {
            self.drop_pending();
        }
    }

    /// Starts or skips jobs whose turn it is; false if there was none.
    pub(super) fn start_jobs(&mut self) -> bool {
        if !self.state.begun || self.state.finished {
            return false;
        }
        let mut any = false;
        for no in 0..self.state.jobs.len() {
            if self.state.jobs[no].phase != JobPhase::Pending {
                continue;
            }
            match self.turn(no) {
                Turn::Wait => {}
                Turn::Skip(message) => {
                    any = true;
                    self.skip_job(no, message);
                }
                Turn::Run => {
                    if !self.has_room() {
                        continue;
                    }
                    any = true;
                    self.start_job(no);
                }
            }
        }
        any
    }

    fn turn(&self, no: usize) -> Turn {
        let mut wait = false;
        for need in &self.program.jobs[no].needs {
            match &self.state.jobs[*need as usize].phase {
                JobPhase::Out | JobPhase::Ended(Status::Succeeded, _) => {}
                JobPhase::Pending | JobPhase::Running => wait = true,
                JobPhase::Ended(..) => {
                    let name = &self.program.jobs[*need as usize].name;
                    return Turn::Skip(format!("{name} did not succeed"));
                }
            }
        }
        if wait { Turn::Wait } else { Turn::Run }
    }

    fn has_room(&self) -> bool {
        let running = self.state.jobs.iter().filter(|job| job.phase == JobPhase::Running).count();
        self.program.jobs_max.is_none_or(|max| running < max as usize)
    }

    fn start_job(&mut self, no: usize) {
        let job = &self.program.jobs[no];
        let number = u32::try_from(no).unwrap_or(u32::MAX);
        self.state.jobs[no].phase = JobPhase::Running;
        self.state.order.push(number);
        self.open_group(&job.path, None, &job.name, "job");
        self.spawn(Frame {
            node: job.root,
            job: number,
            parent: None,
            path: job.path.clone(),
            group: job.path.clone(),
            cancelled: false,
            phase: Phase::Begun,
        });
    }

    fn skip_job(&mut self, no: usize, message: String) {
        let job = &self.program.jobs[no];
        self.open_group(&job.path, None, &job.name, "job");
        self.end_group(&job.path, &End::new(Status::Skipped, message.clone()));
        self.state.jobs[no].phase = JobPhase::Ended(Status::Skipped, Some(message));
    }

    pub(super) fn job_ended(&mut self, no: u32, end: End) {
        let job = &self.program.jobs[no as usize];
        self.end_group(&job.path, &end);
        let state = &mut self.state.jobs[no as usize];
        state.phase = JobPhase::Ended(end.status, end.message.clone());
        // Only the versions are looked at from now on.
        state.artifacts.clear();
        state.volumes.clear();
        state.started.clear();
        if end.succeeded() {
            for (resource, versions) in &state.versions {
                let Some(version) = versions.last() else { continue };
                let key = passed_key(self.program, no, *resource);
                self.commands.push(Command::FactSet { key, value: version.clone() });
            }
        }
    }

    pub(super) fn cancel_run(&mut self, by: &str) {
        if self.state.cancelled {
            return;
        }
        self.state.cancelled = true;
        if self.state.begun {
            self.drop_pending();
        }
        let roots: Vec<u32> = self
            .state
            .frames
            .iter()
            .filter_map(|(id, frame)| frame.parent.is_none().then_some(*id))
            .collect();
        for root in roots {
            self.cancel(root, by);
        }
        self.cancel_checks(by);
    }

    fn drop_pending(&mut self) {
        for no in 0..self.state.jobs.len() {
            if self.state.jobs[no].phase == JobPhase::Pending {
                self.skip_job(no, "the run was cancelled".to_owned());
            }
        }
    }

    fn cancel_checks(&mut self, reason: &str) {
        self.state.checks_cancelled = true;
        for (resource, check) in &self.state.checks {
            if *check == Check::Running {
                let path = self.program.resources[*resource as usize].check.clone();
                self.commands.push(Command::Cancel { path, reason: reason.to_owned() });
            }
        }
    }

    /// Ends the run when all its jobs and checks have ended.
    pub(super) fn finish_if_done(&mut self) {
        let busy = |job: &JobState| matches!(job.phase, JobPhase::Pending | JobPhase::Running);
        let waits_for_facts = !self.state.begun && !self.state.cancelled;
        if self.state.finished || waits_for_facts || self.state.jobs.is_empty() {
            return;
        }
        if !self.state.begun {
            self.begin_jobs();
        }
        if self.state.jobs.iter().any(busy) {
            return;
        }
        // A check that nobody waits for any more is still a step of the run.
        if self.state.checks.values().any(|check| *check == Check::Running) {
            if !self.state.checks_cancelled {
                self.cancel_checks("the end of all that needed it");
            }
            return;
        }
        let end = self.worst();
        self.finish(end);
    }

    /// The run is as bad as its worst job.
    fn worst(&self) -> End {
        let mut worst = End::ok();
        for (job, state) in self.program.jobs.iter().zip(&self.state.jobs) {
            let JobPhase::Ended(status, message) = &state.phase else { continue };
            let message = message.as_ref().map_or_else(
                || format!("{} {}", job.name, word(*status)),
                |message| format!("{}: {message}", job.name),
            );
            let end = End::new(*status, message);
            if end.rank() > worst.rank() {
                worst = end;
            }
        }
        if self.state.cancelled {
            return End { status: Status::Cancelled, message: None };
        }
        let Some(expected) = self.program.execution.as_ref().filter(|_| worst.succeeded()) else {
            return worst;
        };
        let name = |no: &u32| self.program.jobs[*no as usize].name.clone();
        let found: Vec<String> = self.state.order.iter().map(name).collect();
        if found == *expected {
            return worst;
        }
        let message = format!(
            "assert.execution expected [{}], found [{}]",
            expected.join(", "),
            found.join(", ")
        );
        End::new(Status::Failed, message)
    }

    fn finish(&mut self, end: End) {
        self.state.finished = true;
        self.queue.clear();
        self.commands.push(Command::Finish { status: end.status, message: end.message });
    }
}

/// Whether a job may start.
enum Turn {
    Wait,
    Run,
    Skip(String),
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
        Status::Errored => "errored",
        Status::TimedOut => "timed out",
        Status::Cancelled => "was cancelled",
        Status::Skipped => "was skipped",
    }
}
