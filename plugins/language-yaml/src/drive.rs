//! What follows from the events of a run.
//!
//! The plan is walked by frames: one for each node that is in progress. A frame that begins or ends
//! is put on a queue, so a long plan never nests calls.
//!
//! Invariants:
//! - Pure: program, state and events decide the commands.
//! - A path is started once; every group that is opened is ended, before the run is finished.
//! - After `Finish` no event leads to anything.

mod flow;
mod hooks;
mod job;
mod launch;
mod leaf;
mod resource;
mod state;
mod version;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;
use wit_envelope::language::{Command, RunEvent};
use wit_envelope::machine::Status;

use crate::program::{Kind, PlanNode, Program};
use crate::vars;
use state::{Frame, FrameId, Phase};

pub use state::State;

/// Why a run cannot go on. Only a broken program or state leads here.
#[derive(Debug)]
pub enum DriveError {
    Program(serde_json::Error),
    State(serde_json::Error),
}

impl fmt::Display for DriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(err) => {
                write!(f, "the compiled pipeline cannot be read, set it again: {err}")
            }
            Self::State(err) => write!(f, "the state of the run cannot be read: {err}"),
        }
    }
}

impl std::error::Error for DriveError {}

/// How something ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    status: Status,
    message: Option<String>,
}

/// What is to be looked at next.
#[derive(Debug)]
enum Todo {
    Begin(FrameId),
    End(FrameId, End),
}

/// A step of the kernel that has ended.
#[derive(Debug)]
struct Ended {
    status: Status,
    message: Option<String>,
    output: Value,
}

/// Answers the next events of a run.
pub fn drive(
    program: &str,
    state: &[u8],
    events: &[RunEvent],
) -> Result<(Vec<u8>, Vec<Command>), DriveError> {
    let mut state = match state {
        [] => State::default(),
        bytes => serde_json::from_slice(bytes).map_err(DriveError::State)?,
    };
    let commands = drive_state(program, &mut state, events)?;
    let state = serde_json::to_vec(&state).map_err(DriveError::State)?;
    Ok((state, commands))
}

/// Like [`drive`], for a state that was read already.
pub fn drive_state(
    program: &str,
    state: &mut State,
    events: &[RunEvent],
) -> Result<Vec<Command>, DriveError> {
    let program: Program<&RawValue> = serde_json::from_str(program).map_err(DriveError::Program)?;
    let mut engine =
        Engine { program: &program, state, commands: Vec::new(), queue: VecDeque::new() };
    for event in events {
        engine.on(event);
    }
    Ok(engine.commands)
}

/// A run in progress.
struct Engine<'p> {
    program: &'p Program<&'p RawValue>,
    state: &'p mut State,
    commands: Vec<Command>,
    queue: VecDeque<Todo>,
}

impl<'p> Engine<'p> {
    fn on(&mut self, event: &RunEvent) {
        if self.state.finished {
            return;
        }
        match event {
            RunEvent::Started { run, input } => self.started(run, input),
            RunEvent::Facts { query, values } => {
                if query == job::QUERY && !self.state.begun {
                    self.state.facts.clone_from(values);
                    self.begin_jobs();
                }
            }
            RunEvent::StepEnded { path, status, message, output } => {
                let ended =
                    Ended { status: *status, message: message.clone(), output: output.clone() };
                self.step_ended(path, ended);
            }
            RunEvent::Timer { name } => self.timer(name),
            RunEvent::CancelRequested { by } => self.cancel_run(by),
        }
        self.settle();
    }

    /// Looks at what begins and ends until nothing does.
    fn settle(&mut self) {
        loop {
            while let Some(todo) = self.queue.pop_front() {
                match todo {
                    Todo::Begin(id) => self.begin(id),
                    Todo::End(id, end) => self.end(id, end),
                }
            }
            if !self.start_jobs() {
                break;
            }
        }
        self.finish_if_done();
    }

    fn node(&self, id: FrameId) -> Option<&'p PlanNode<&'p RawValue>> {
        let frame = self.state.frames.get(&id)?;
        self.program.nodes.get(frame.node as usize)
    }

    /// Makes a frame for a node and puts its beginning on the queue.
    fn spawn(&mut self, frame: Frame) -> FrameId {
        self.state.frames_made += 1;
        let id = self.state.frames_made;
        self.state.frames.insert(id, frame);
        self.queue.push_back(Todo::Begin(id));
        id
    }

    /// Makes a frame for the child of a frame that has its own part of the path.
    fn spawn_child(&mut self, parent: FrameId, node: u32, group: &str) {
        let segment = self.program.nodes.get(node as usize).map_or("", |n| n.segment.as_str());
        let path = format!("{group}/{segment}");
        self.spawn_at(parent, node, path, group.to_owned());
    }

    fn spawn_at(&mut self, parent: FrameId, node: u32, path: String, group: String) {
        let Some(job) = self.state.frames.get(&parent).map(|frame| frame.job) else { return };
        let phase = Phase::Begun;
        self.spawn(Frame { node, job, parent: Some(parent), path, group, cancelled: false, phase });
    }

    fn children(&self, id: FrameId) -> Vec<FrameId> {
        let of = |(child, frame): (&FrameId, &Frame)| (frame.parent == Some(id)).then_some(*child);
        self.state.frames.iter().filter_map(of).collect()
    }

    fn open_group(&mut self, path: &str, parent: Option<&str>, name: &str, kind: &str) {
        self.commands.push(Command::Group {
            path: path.to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
            kind: kind.to_owned(),
        });
    }

    fn end_group(&mut self, path: &str, end: &End) {
        self.commands.push(Command::GroupEnd {
            path: path.to_owned(),
            status: end.status,
            message: end.message.clone(),
        });
    }

    /// Puts the run's values in place of references.
    fn resolve(&self, value: &mut Value) {
        self.resolve_with(value, &BTreeMap::new());
    }

    fn resolve_with(&self, value: &mut Value, first: &BTreeMap<String, Value>) {
        vars::resolve(value, &|name| {
            first
                .get(name)
                .or_else(|| self.state.args.get(name))
                .or_else(|| self.program.vars.get(name))
        });
    }

    /// Reads the details of a node that could be read when it began.
    fn details<T: serde::de::DeserializeOwned + Default>(&self, raw: &RawValue) -> T {
        self.read(raw).unwrap_or_default()
    }

    /// Reads the details of a node, with the run's values in place. That fails where a value of
    /// the run is of the wrong type.
    fn read<T: serde::de::DeserializeOwned>(&self, raw: &RawValue) -> Result<T, End> {
        let error = |err: serde_json::Error| {
            let message = format!("a value that it was given does not fit: {err}");
            End::new(Status::Errored, message)
        };
        if !raw.get().contains("((") {
            return serde_json::from_str(raw.get()).map_err(error);
        }
        let mut value: Value = serde_json::from_str(raw.get()).map_err(error)?;
        self.resolve(&mut value);
        serde_json::from_value(value).map_err(error)
    }

    /// Returns whether a frame's node is a step of the kernel.
    fn is_leaf(&self, id: FrameId) -> bool {
        self.node(id)
            .is_some_and(|node| matches!(node.kind, Kind::Task(_) | Kind::Get(_) | Kind::Put(_)))
    }
}

impl End {
    fn ok() -> Self {
        Self { status: Status::Succeeded, message: None }
    }

    fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: Some(message.into()) }
    }

    fn succeeded(&self) -> bool {
        self.status == Status::Succeeded
    }

    /// How bad an end is, for what holds several.
    fn rank(&self) -> u8 {
        match self.status {
            Status::Succeeded | Status::Skipped => 0,
            Status::Cancelled => 1,
            Status::Failed => 2,
            Status::TimedOut => 3,
            Status::Errored => 4,
        }
    }
}
