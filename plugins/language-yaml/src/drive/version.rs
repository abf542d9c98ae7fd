//! Which version of a resource a run works with.
//!
//! In this order: the one that the pipeline pins; the newest that passed the jobs in `passed`; the
//! one that started the run; the one that the run's check of the resource finds. A resource is
//! checked at most once a run, so all jobs that choose freely see the same version.

use serde_json::Value;
use serde_json::value::RawValue;
use wit_envelope::language::Command;
use wit_envelope::machine::Status;
use wit_envelope::policy::StepOptions;

use super::state::{Check, FrameId, JobPhase, Phase};
use super::{End, Ended, Engine};
use crate::program::{GetSpec, Kind, Program};
use crate::work;

/// Returns the key of the newest version that passed a job.
pub(super) fn passed_key(program: &Program<&RawValue>, job: u32, resource: u32) -> String {
    let job = &program.jobs[job as usize].name;
    format!("passed/{job}/{}", program.resources[resource as usize].name)
}

/// Returns the key of the version that `version: every` is at.
pub(super) fn cursor_key(program: &Program<&RawValue>, resource: u32) -> String {
    format!("cursor/{}", program.resources[resource as usize].name)
}

impl Engine<'_> {
    /// Starts a get, if its version is known or can be known now.
    pub(super) fn choose_version(&mut self, id: FrameId, spec: &GetSpec) {
        let resource = &self.program.resources[spec.resource as usize];
        if let Some(version) = spec.version.clone().or_else(|| resource.pin.clone()) {
            let mut version = version;
            self.resolve(&mut version);
            self.start_get(id, spec, version);
            return;
        }
        if !spec.passed.is_empty() {
            match self.version_passed(spec) {
                Ok(version) => self.start_get(id, spec, version),
                Err(message) => {
                    self.leaf_never_started(id, End::new(Status::Errored, message));
                }
            }
            return;
        }
        if let Some((name, version)) = &self.state.trigger
            && *name == resource.name
        {
            let version = version.clone();
            self.start_get(id, spec, version);
            return;
        }
        match self.state.checks.get(&spec.resource) {
            None => {
                self.start_check(spec);
                self.set(id, Phase::Version(spec.resource));
            }
            Some(Check::Running) => self.set(id, Phase::Version(spec.resource)),
            Some(Check::Found(version)) => {
                let version = version.clone();
                self.start_get(id, spec, version);
            }
            Some(Check::Failed(status, message)) => {
                let end = End::new(*status, message.clone());
                self.leaf_never_started(id, end);
            }
        }
    }

    /// Returns the newest version that passed all jobs in `passed`, in this run or before it.
    fn version_passed(&self, spec: &GetSpec) -> Result<Value, String> {
        let name = &self.program.resources[spec.resource as usize].name;
        let mut candidates: Option<Vec<Value>> = None;
        let mut outside = Vec::new();
        for job in &spec.passed {
            let state = &self.state.jobs[*job as usize];
            let versions = if state.phase == JobPhase::Out {
                outside.push(self.program.jobs[*job as usize].name.as_str());
                let key = passed_key(self.program, *job, spec.resource);
                self.state.facts.get(&key).filter(|v| !v.is_null()).cloned().into_iter().collect()
            } else {
                state.versions.get(&spec.resource).cloned().unwrap_or_default()
            };
            candidates = Some(match candidates {
                None => versions,
                Some(so_far) => so_far.into_iter().filter(|it| versions.contains(it)).collect(),
            });
        }
        candidates.and_then(|mut versions| versions.pop()).ok_or_else(|| {
            let jobs: Vec<&str> = spec
                .passed
                .iter()
                .map(|no| self.program.jobs[*no as usize].name.as_str())
                .collect();
            let way_out = if outside.is_empty() {
                "let them get the same version".to_owned()
            } else {
                format!("run {} first, or as part of this run", outside.join(" and "))
            };
            format!("no version of {name} passed {}; {way_out}", jobs.join(" and "))
        })
    }

    /// Looks for versions, with the patience of the get that asks first.
    fn start_check(&mut self, spec: &GetSpec) {
        let no = spec.resource;
        let resource = &self.program.resources[no as usize];
        self.state.checks.insert(no, Check::Running);
        let handler = self.handler(no);
        let version = if self.wants_every(no) { self.cursor(no) } else { None };
        let work =
            work::check(&handler.kind, handler.image, handler.privileged, handler.source, version);
        self.commands.push(Command::Start {
            path: resource.check.clone(),
            parent: None,
            name: resource.name.clone(),
            kind: "check".to_owned(),
            work,
            options: StepOptions {
                requires: resource.tags.clone(),
                retry: spec.options.retry.clone(),
                timeout_ms: spec.options.timeout_ms,
                ..StepOptions::default()
            },
        });
    }

    pub(super) fn check_ended(&mut self, no: u32, ended: Ended) {
        if self.state.checks.get(&no) != Some(&Check::Running) {
            return;
        }
        let found = self.checked(no, ended);
        if let Check::Found(version) = &found
            && self.wants_every(no)
        {
            let key = cursor_key(self.program, no);
            self.commands.push(Command::FactSet { key, value: version.clone() });
        }
        self.state.checks.insert(no, found);
        let waiting: Vec<FrameId> = self
            .state
            .frames
            .iter()
            .filter(|(_, frame)| matches!(frame.phase, Phase::Version(it) if it == no))
            .map(|(id, _)| *id)
            .collect();
        for id in waiting {
            let Some(Kind::Get(raw)) = self.node(id).map(|node| &node.kind) else { continue };
            let spec = self.details(raw);
            self.set(id, Phase::Ready);
            self.choose_version(id, &spec);
        }
    }

    /// Chooses among the versions that a check found.
    fn checked(&self, no: u32, ended: Ended) -> Check {
        let name = &self.program.resources[no as usize].name;
        if ended.status != Status::Succeeded {
            let why = ended.message.unwrap_or_else(|| "it says not why".to_owned());
            // That a check fails is a matter of the machinery, not of the work.
            let status = match ended.status {
                Status::Failed | Status::Skipped => Status::Errored,
                status => status,
            };
            return Check::Failed(status, format!("the check of {name} did not succeed: {why}"));
        }
        let versions = match work::versions(&ended.output) {
            Ok(versions) => versions,
            Err(message) => return Check::Failed(Status::Errored, message),
        };
        let cursor = if self.wants_every(no) { self.cursor(no) } else { None };
        let version = match cursor {
            None => versions.last(),
            Some(seen) => match versions.iter().position(|version| *version == seen) {
                Some(at) => versions.get(at + 1).or_else(|| versions.get(at)),
                None => versions.first(),
            },
        };
        match version {
            Some(version) => Check::Found(version.clone()),
            None => {
                Check::Failed(Status::Errored, format!("the check of {name} found no versions"))
            }
        }
    }

    /// Notes the version that started the run, for jobs that want each in turn.
    pub(super) fn note_trigger(&mut self) {
        let Some((name, version)) = self.state.trigger.clone() else { return };
        let found = self.program.resources.iter().position(|it| it.name == name);
        let Some(no) = found.and_then(|no| u32::try_from(no).ok()) else { return };
        if self.wants_every(no) {
            let key = cursor_key(self.program, no);
            self.commands.push(Command::FactSet { key, value: version });
        }
    }

    fn wants_every(&self, resource: u32) -> bool {
        let mut jobs = self.program.jobs.iter().zip(&self.state.jobs);
        jobs.any(|(job, state)| state.phase != JobPhase::Out && job.every.contains(&resource))
    }

    fn cursor(&self, resource: u32) -> Option<Value> {
        let key = cursor_key(self.program, resource);
        self.state.facts.get(&key).filter(|value| !value.is_null()).cloned()
    }
}
