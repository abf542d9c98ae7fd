//! Steps of the kernel: waiting for their turn, starting, ending.

use serde_json::Value;
use wit_envelope::language::{Command, Work};
use wit_envelope::machine::Status;
use wit_envelope::policy::StepOptions;

use super::flow::cancelled_end;
use super::state::{FrameId, JobState, Phase};
use super::{End, Ended, Engine, Todo};
use crate::program::{Kind, PutSpec, TaskAssert, TaskSpec};
use crate::text;

impl Engine<'_> {
    pub(super) fn begin_leaf(&mut self, id: FrameId) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        let job = frame.job;
        if frame.cancelled {
            self.leaf_never_started(id, cancelled_end());
            return;
        }
        let max = self.program.jobs[job as usize].steps_max;
        let state = self.job_mut(job);
        if max.is_some_and(|max| state.steps >= max) {
            state.waiting.push(id);
            self.set(id, Phase::Slot);
            return;
        }
        state.steps += 1;
        self.set(id, Phase::Ready);
        let begun = match &node.kind {
            Kind::Task(raw) => self.read(raw).map(|spec: TaskSpec| match &spec.file {
                Some(file) => self.read_file(id, file, &spec.options),
                None => self.launch(id, &spec, &spec.config),
            }),
            Kind::Get(raw) => self.read(raw).map(|spec| self.choose_version(id, &spec)),
            Kind::Put(raw) => self.read(raw).map(|spec| self.start_put(id, spec)),
            _ => Ok(()),
        };
        if let Err(end) = begun {
            self.leaf_never_started(id, end);
        }
    }

    /// Gives the turn of an ended step to the one that waits the longest.
    pub(super) fn free_slot(&mut self, job: u32, phase: &Phase) {
        if matches!(phase, Phase::Begun | Phase::Slot | Phase::Over { held: false }) {
            return;
        }
        let state = self.job_mut(job);
        state.steps = state.steps.saturating_sub(1);
        if !state.waiting.is_empty() {
            let next = state.waiting.remove(0);
            self.queue.push_back(Todo::Begin(next));
        }
    }

    /// Starts the work of a frame at its own path.
    pub(super) fn start(&mut self, id: FrameId, work: Work, options: StepOptions, phase: Phase) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        let kind = self.leaf_word(id).unwrap_or("task").to_owned();
        let (job, path, parent) = (frame.job, frame.path.clone(), Some(frame.group.clone()));
        let name = node.name.clone();
        if self.program.jobs[job as usize].recorded {
            self.job_mut(job).started.push(name.clone());
        }
        self.commands.push(Command::Start { path, parent, name, kind, work, options });
        self.set(id, phase);
    }

    /// Ends a frame that has no step of the kernel, and shows it in the tree.
    pub(super) fn leaf_never_started(&mut self, id: FrameId, end: End) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        let held = !matches!(frame.phase, Phase::Begun | Phase::Slot);
        let (path, group) = (frame.path.clone(), frame.group.clone());
        let word = self.leaf_word(id).unwrap_or("task");
        self.open_group(&path, Some(&group), &node.name, word);
        self.end_group(&path, &end);
        self.set(id, Phase::Over { held });
        let end = self.named(id, end);
        self.queue.push_back(Todo::End(id, end));
    }

    /// Says which step an end is about.
    pub(super) fn named(&self, id: FrameId, mut end: End) -> End {
        if let (Some(node), Some(message)) = (self.node(id), &end.message)
            && !end.succeeded()
        {
            end.message = Some(format!("{}: {message}", node.name));
        }
        end
    }

    /// A step of the kernel has ended. Paths that nobody waits for are ignored.
    pub(super) fn step_ended(&mut self, path: &str, ended: Ended) {
        let check = self.program.resources.iter().position(|it| it.check == path);
        if let Some(resource) = check {
            self.check_ended(u32::try_from(resource).unwrap_or(u32::MAX), ended);
            return;
        }
        let found = self.state.frames.iter().find_map(|(id, frame)| {
            let waits = match &frame.phase {
                Phase::Work { .. } => frame.path == path,
                Phase::File(at) | Phase::AfterPut { path: at, .. } => at == path,
                _ => false,
            };
            waits.then_some(*id)
        });
        let Some(id) = found else { return };
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get_mut(&id)) else {
            return;
        };
        let phase = std::mem::replace(&mut frame.phase, Phase::Over { held: true });
        match (&node.kind, phase) {
            (Kind::Task(raw), Phase::File(_)) => {
                self.set(id, Phase::Ready);
                let spec = self.details(raw);
                self.file_read(id, &spec, ended);
            }
            (Kind::Task(raw), Phase::Work { volumes, .. }) => {
                let spec: TaskSpec = self.details(raw);
                // What a task made before it failed is there for the hooks.
                if matches!(ended.status, Status::Succeeded | Status::Failed) {
                    self.job_of(id).artifacts.extend(volumes);
                }
                let end = self.task_end(id, &spec, &ended);
                self.leaf_over(id, end);
            }
            (Kind::Get(_), Phase::Work { volumes, version }) => {
                self.got(id, volumes, version, ended);
            }
            (Kind::Put(raw), Phase::Work { .. }) => {
                let spec = self.details(raw);
                self.was_put(id, &spec, ended);
            }
            (Kind::Put(raw), Phase::AfterPut { volume, version, .. }) => {
                let spec: PutSpec = self.details(raw);
                if ended.status == Status::Succeeded {
                    self.job_of(id).artifacts.insert(spec.name, volume);
                    self.passed(id, spec.resource, version);
                }
                self.leaf_over(id, end_of(ended));
            }
            _ => self.leaf_over(id, end_of(ended)),
        }
    }

    pub(super) fn leaf_over(&mut self, id: FrameId, end: End) {
        self.set(id, Phase::Over { held: true });
        let end = self.named(id, end);
        self.queue.push_back(Todo::End(id, end));
    }

    /// Judges a task: an assertion on the exit code decides alone; one on the output can only make
    /// a success bad.
    fn task_end(&mut self, id: FrameId, spec: &TaskSpec, ended: &Ended) -> End {
        let plain = End { status: ended.status, message: ended.message.clone() };
        let judged = matches!(ended.status, Status::Succeeded | Status::Failed);
        let Some(assert) = spec.assert.as_ref().filter(|_| judged) else { return plain };
        match missed(assert, &ended.output) {
            Some(message) => {
                self.note(id, format!("assertion failed: {message}"));
                End::new(Status::Failed, format!("assertion failed: {message}"))
            }
            None if assert.code.is_some() => {
                if ended.status == Status::Failed {
                    self.note(id, "assertion holds: this exit code was expected".to_owned());
                }
                End::ok()
            }
            None => plain,
        }
    }

    fn note(&mut self, id: FrameId, text: String) {
        if let Some(frame) = self.state.frames.get(&id) {
            let path = frame.path.clone();
            self.commands.push(Command::Note { path, text });
        }
    }

    pub(super) fn job_mut(&mut self, job: u32) -> &mut JobState {
        &mut self.state.jobs[job as usize]
    }

    pub(super) fn job_of(&mut self, id: FrameId) -> &mut JobState {
        let job = self.state.frames.get(&id).map_or(0, |frame| frame.job);
        self.job_mut(job)
    }

    /// Hands out a volume for an artifact: an artifact that is made again starts empty.
    pub(super) fn fresh_volume(&mut self, id: FrameId, artifact: &str) -> String {
        let job = self.state.frames.get(&id).map_or(0, |frame| frame.job);
        let base = format!("{}/{artifact}", self.program.jobs[job as usize].path);
        let state = self.job_mut(job);
        let mut volume = base.clone();
        let mut count = 1;
        while !state.volumes.insert(volume.clone()) {
            count += 1;
            volume = format!("{base}.{count}");
        }
        volume
    }

    fn read_file(&mut self, id: FrameId, file: &str, options: &StepOptions) {
        let (Some(node), Some(frame)) = (self.node(id), self.state.frames.get(&id)) else { return };
        let (path, parent) = (format!("{}.file", frame.path), Some(frame.group.clone()));
        let name = format!("{} file", node.name);
        let uri = if file.starts_with("http://") || file.starts_with("https://") {
            file.to_owned()
        } else {
            let (artifact, rest) = file.split_once('/').unwrap_or((file, ""));
            let Some(volume) = self.job_of(id).artifacts.get(artifact) else {
                let message = format!("the artifact {artifact:?} of its file is not there");
                self.leaf_never_started(id, End::new(Status::Errored, message));
                return;
            };
            let rest = text::relative(rest).unwrap_or_default();
            format!("volume:{volume}:{rest}")
        };
        self.set(id, Phase::File(path.clone()));
        let (kind, work) = ("read".to_owned(), Work::Read { uri });
        let options = StepOptions { retry: options.retry.clone(), ..StepOptions::default() };
        self.commands.push(Command::Start { path, parent, name, kind, work, options });
    }
}

pub(super) fn end_of(ended: Ended) -> End {
    End { status: ended.status, message: ended.message }
}

/// Returns which assertion does not hold.
fn missed(assert: &TaskAssert, output: &Value) -> Option<String> {
    let code = output.get("code").and_then(Value::as_i64);
    if let Some(expected) = assert.code
        && code != Some(i64::from(expected))
    {
        let found = code.map_or("no exit code".to_owned(), |code| code.to_string());
        return Some(format!("code expected {expected}, found {found}"));
    }
    let streams = [("stdout", &assert.stdout), ("stderr", &assert.stderr)];
    streams.into_iter().find_map(|(stream, expected)| {
        let expected = expected.as_deref()?;
        let found = output.get(stream).and_then(Value::as_str).unwrap_or_default();
        (!found.contains(expected)).then(|| format!("{stream} does not contain {expected:?}"))
    })
}
