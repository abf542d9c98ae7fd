//! A language of a few lines: steps in sequence or at once, and the worst of them is the outcome.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wit_envelope::language::{Command, RunEvent, Work};
use wit_envelope::machine::Status;
use wit_envelope::policy::StepOptions;

/// A program.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Script {
    kind: Kind,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Sequence,
    Parallel,
    /// Never does anything.
    Stuck,
    /// Commands something about a step that is not there.
    Nonsense,
    /// Reads the fact `n`, sets it to 1, and ends with what it knew.
    Remember,
    /// The same, but forgets it.
    Forget,
    /// Ends with where it runs, as it was told.
    Place,
}

/// A step that calls an action of the plugin `test`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Step {
    name: String,
    action: String,
    input: Value,
    options: StepOptions,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    ended: usize,
    worst: Option<Status>,
}

impl Step {
    pub(crate) fn action(name: &str, action: &str, input: Value) -> Self {
        let options = StepOptions::default();
        Self { name: name.to_owned(), action: action.to_owned(), input, options }
    }

    pub(crate) fn echo(name: &str, value: Value) -> Self {
        Self::action(name, "echo", value)
    }

    pub(crate) fn with(self, options: StepOptions) -> Self {
        Self { options, ..self }
    }

    fn start(&self) -> Command {
        let name = self.name.clone();
        Command::Start {
            path: name.clone(),
            parent: None,
            name,
            kind: "action".to_owned(),
            work: Work::Action {
                plugin: "test".to_owned(),
                name: self.action.clone(),
                input: self.input.clone(),
            },
            options: self.options.clone(),
        }
    }
}

impl Script {
    pub(crate) fn sequence(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { kind: Kind::Sequence, steps: steps.into_iter().collect() }
    }

    pub(crate) fn parallel(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { kind: Kind::Parallel, steps: steps.into_iter().collect() }
    }

    pub(crate) fn stuck() -> Self {
        Self { kind: Kind::Stuck, steps: vec![] }
    }

    pub(crate) fn nonsense() -> Self {
        Self { kind: Kind::Nonsense, steps: vec![] }
    }

    pub(crate) fn remember() -> Self {
        Self { kind: Kind::Remember, steps: vec![] }
    }

    pub(crate) fn place() -> Self {
        Self { kind: Kind::Place, steps: vec![] }
    }

    pub(crate) fn forget() -> Self {
        Self { kind: Kind::Forget, steps: vec![] }
    }

    /// Answers events, as a language does.
    pub(crate) fn drive(&self, state: &[u8], events: &[RunEvent]) -> (Vec<u8>, Vec<Command>) {
        let mut state: State = serde_json::from_slice(state).unwrap_or_default();
        let commands = events.iter().flat_map(|event| self.answer(&mut state, event)).collect();
        (serde_json::to_vec(&state).unwrap(), commands)
    }

    fn answer(&self, state: &mut State, event: &RunEvent) -> Vec<Command> {
        match (self.kind, event) {
            (Kind::Stuck, _) => vec![],
            (Kind::Nonsense, _) => vec![Command::Note { path: "ghost".into(), text: "boo".into() }],
            (Kind::Place, RunEvent::Started { run, .. }) => {
                let message = Some(format!("in {:?}", run.workspace));
                vec![Command::Finish { status: Status::Succeeded, message }]
            }
            (Kind::Remember | Kind::Forget, RunEvent::Started { .. }) => {
                vec![Command::FactGet { query: "q".into(), keys: vec!["n".into()] }]
            }
            (kind @ (Kind::Remember | Kind::Forget), RunEvent::Facts { values, .. }) => {
                let value = if kind == Kind::Forget { Value::Null } else { json!(1) };
                let message = Some(format!("knew {}", values["n"]));
                vec![
                    Command::FactSet { key: "n".into(), value },
                    Command::Finish { status: Status::Succeeded, message },
                ]
            }
            (Kind::Sequence, RunEvent::Started { .. }) => self.next(state),
            (Kind::Parallel, RunEvent::Started { .. }) => {
                self.steps.iter().map(Step::start).collect()
            }
            (kind, RunEvent::StepEnded { status, .. }) => {
                state.ended += 1;
                state.worst = state.worst.max(Some(*status));
                match kind {
                    Kind::Sequence if *status == Status::Succeeded => self.next(state),
                    Kind::Parallel if state.ended < self.steps.len() => vec![],
                    _ => vec![self.finish(state)],
                }
            }
            (_, RunEvent::CancelRequested { .. }) => {
                let cancel = |step: &Step| Command::Cancel {
                    path: step.name.clone(),
                    reason: "the run is cancelled".to_owned(),
                };
                let started = match self.kind {
                    Kind::Sequence => &self.steps[state.ended..=state.ended],
                    _ => &self.steps[..],
                };
                started.iter().map(cancel).collect()
            }
            (_, RunEvent::Timer { .. } | RunEvent::Facts { .. }) => {
                vec![]
            }
        }
    }

    fn next(&self, state: &State) -> Vec<Command> {
        self.steps
            .get(state.ended)
            .map_or_else(|| vec![self.finish(state)], |step| vec![step.start()])
    }

    fn finish(&self, state: &State) -> Command {
        Command::Finish { status: state.worst.unwrap_or(Status::Succeeded), message: None }
    }
}
