//! A kernel for tests: it answers commands from a script and keeps the contract's rules.
//!
//! A script is a text of lines `PATH OUTCOME`; `*` at the start of a path matches any beginning.
//! Outcomes: `failed`, `errored`, `timed-out`, `cancelled`, `hang` (until it is cancelled),
//! `exit N`, `says JSON`. What no line names succeeds; checks find the versions 1 and 2.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use language_yaml::{compile, drive};
use serde_json::{Value, json};
use wit_envelope::language::{
    Command, CompileRequest, Compiled, RunEvent, RunFacts, RunInput, Trigger, Work,
};
use wit_envelope::machine::Status;
use wit_envelope::resource::{Operation, ResourceDescription};

/// How a simulated run is started and answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) input: RunInput,
    pub(crate) trigger: Trigger,
    pub(crate) facts: BTreeMap<String, Value>,
    /// Cancel the run when this step has started.
    pub(crate) cancel_at: Option<String>,
    /// Timers fire when nothing else happens.
    pub(crate) timers_fire: bool,
    /// What hangs ends well when nothing else happens, instead of failing the test.
    pub(crate) hangs_end: bool,
}

/// What a simulated run did.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) commands: Vec<Command>,
    pub(crate) ends: BTreeMap<String, (Status, Option<String>)>,
    pub(crate) finish: Option<(Status, Option<String>)>,
    pub(crate) facts: BTreeMap<String, Value>,
    /// The largest number of steps that ran at a time.
    pub(crate) peak: usize,
    pub(crate) state_bytes: usize,
    pub(crate) cancelled: bool,
    order: Vec<(String, bool)>,
}

impl Script {
    pub(crate) fn new(text: &str) -> Self {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (path, outcome) = line.split_once(' ').expect("PATH OUTCOME");
                (path.to_owned(), outcome.trim().to_owned())
            })
            .collect();
        Self { lines, ..Self::default() }
    }

    fn outcome(&self, path: &str) -> &str {
        let of = |(pattern, outcome): &'_ (String, String)| {
            let hit = match pattern.strip_prefix('*') {
                Some(end) => path.ends_with(end),
                None => path == pattern,
            };
            hit.then(|| outcome.clone())
        };
        let found = self.lines.iter().position(|line| of(line).is_some());
        found.map_or("succeeded", |at| self.lines[at].1.as_str())
    }
}

/// The resource plugins that tests know.
pub(crate) fn resources() -> Vec<ResourceDescription> {
    let named = |name: &str| ResourceDescription { name: name.to_owned(), ..Default::default() };
    let mut git = named("git");
    git.source = json!({
        "properties": { "uri": {}, "branch": {}, "password": {} },
        "required": ["uri"],
        "additionalProperties": false,
    });
    vec![named("mock"), named("time"), git]
}

pub(crate) fn request(source: &str) -> CompileRequest {
    CompileRequest {
        source: source.to_owned(),
        file_name: "ci.yml".to_owned(),
        vars: BTreeMap::new(),
        resources: resources(),
    }
}

#[track_caller]
pub(crate) fn compiled(source: &str) -> Compiled {
    compiled_with(&request(source))
}

#[track_caller]
pub(crate) fn compiled_with(request: &CompileRequest) -> Compiled {
    let compilation = compile(request);
    compilation.plan.unwrap_or_else(|| panic!("{:#?}", compilation.diagnostics))
}

/// Runs a source to its end.
#[track_caller]
pub(crate) fn run(source: &str, script: &Script) -> Run {
    run_program(&compiled(source).program, script)
}

#[track_caller]
pub(crate) fn run_program(program: &str, script: &Script) -> Run {
    Kernel::new(program, script).run()
}

/// Runs a source and compares the tree of what happened.
#[track_caller]
pub(crate) fn check(source: &str, script: &str, want: expect_test::Expect) {
    want.assert_eq(&run(source, &Script::new(script)).tree());
}

struct Kernel<'t> {
    program: &'t str,
    script: &'t Script,
    state: Vec<u8>,
    run: Run,
    open: BTreeMap<String, Option<String>>,
    groups: BTreeSet<String>,
    running: VecDeque<(String, Command)>,
    timers: Vec<String>,
    events: VecDeque<RunEvent>,
}

impl<'t> Kernel<'t> {
    fn new(program: &'t str, script: &'t Script) -> Self {
        let run = Run { facts: script.facts.clone(), ..Run::default() };
        let facts = RunFacts {
            id: "run_1".to_owned(),
            pipeline: "ci".to_owned(),
            number: 1,
            trigger: script.trigger.clone(),
            workspace: None,
        };
        let started = RunEvent::Started { run: facts, input: script.input.clone() };
        Self {
            program,
            script,
            state: Vec::new(),
            run,
            open: BTreeMap::new(),
            groups: BTreeSet::new(),
            running: VecDeque::new(),
            timers: Vec::new(),
            events: VecDeque::from([started]),
        }
    }

    #[track_caller]
    fn run(mut self) -> Run {
        for _ in 0..100_000 {
            if let Some(event) = self.events.pop_front() {
                self.send(&[event]);
            } else if self.run.finish.is_some() {
                return self.finished();
            } else if !self.answer_one() {
                panic!("the run hangs:\n{}", self.run.tree());
            }
        }
        panic!("the run does not end");
    }

    #[track_caller]
    fn send(&mut self, events: &[RunEvent]) {
        let (state, commands) = drive(self.program, &self.state, events).unwrap();
        let again = drive(self.program, &self.state, events).unwrap();
        assert_eq!((&state, &commands), (&again.0, &again.1), "the same call gave another answer");
        self.run.state_bytes = self.run.state_bytes.max(state.len());
        self.state = state;
        for command in commands {
            assert!(self.run.finish.is_none(), "{command:?} came after the end");
            self.on(&command);
            self.run.commands.push(command);
        }
        self.run.peak = self.run.peak.max(self.running.len());
    }

    #[track_caller]
    fn on(&mut self, command: &Command) {
        match command {
            Command::Group { path, parent, .. } => {
                self.open_node(path, parent.as_deref());
                self.groups.insert(path.clone());
                self.run.order.push((path.clone(), true));
            }
            Command::GroupEnd { path, status, message } => {
                assert!(self.groups.remove(path), "{path} is no open group");
                let children = self.open.iter().filter(|(child, parent)| {
                    parent.as_deref() == Some(path.as_str())
                        && (self.groups.contains(*child)
                            || self.running.iter().any(|(running, _)| running == *child))
                });
                let left: Vec<_> = children.map(|(child, _)| child.clone()).collect();
                assert!(left.is_empty(), "{path} ends before {left:?}");
                self.run.ends.insert(path.clone(), (*status, message.clone()));
            }
            Command::Start { path, parent, .. } => {
                self.open_node(path, parent.as_deref());
                self.run.order.push((path.clone(), false));
                self.running.push_back((path.clone(), command.clone()));
                if self.script.cancel_at.as_deref() == Some(path.as_str()) && !self.run.cancelled {
                    self.run.cancelled = true;
                    self.events.push_back(RunEvent::CancelRequested { by: "test".to_owned() });
                }
            }
            Command::Cancel { path, .. } => {
                if let Some(at) = self.running.iter().position(|(running, _)| running == path) {
                    let (path, _) = self.running.remove(at).unwrap();
                    self.end(path, Status::Cancelled, None, Value::Null);
                }
            }
            Command::Timer { name, .. } => self.timers.push(name.clone()),
            Command::TimerCancel { name } => self.timers.retain(|timer| timer != name),
            Command::FactGet { query, keys } => {
                let known = |key: &String| self.run.facts.get(key).cloned().unwrap_or_default();
                let values = keys.iter().map(|key| (key.clone(), known(key))).collect();
                self.events.push_back(RunEvent::Facts { query: query.clone(), values });
            }
            Command::FactSet { key, value } => {
                self.run.facts.insert(key.clone(), value.clone());
            }
            Command::Note { path, .. } => assert!(self.open.contains_key(path)),
            Command::Finish { status, message } => {
                assert!(self.groups.is_empty(), "groups are left open: {:?}", self.groups);
                assert!(self.running.is_empty(), "steps still run: {:?}", self.running);
                self.run.finish = Some((*status, message.clone()));
            }
        }
    }

    #[track_caller]
    fn open_node(&mut self, path: &str, parent: Option<&str>) {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        assert!(path.chars().all(good) && path.len() <= 500, "{path:?} is no path");
        if let Some(parent) = parent {
            assert!(self.groups.contains(parent), "{parent} is not open for {path}");
        }
        let before = self.open.insert(path.to_owned(), parent.map(str::to_owned));
        assert!(before.is_none(), "{path} was started twice");
    }

    fn end(&mut self, path: String, status: Status, message: Option<String>, output: Value) {
        self.run.ends.insert(path.clone(), (status, message.clone()));
        self.events.push_back(RunEvent::StepEnded { path, status, message, output });
    }

    /// Lets the oldest step that does not hang end; failing that, fires a timer.
    fn answer_one(&mut self) -> bool {
        let next = self.running.iter().position(|(path, _)| self.script.outcome(path) != "hang");
        let Some(at) = next else {
            if self.script.timers_fire && !self.timers.is_empty() {
                let name = self.timers.remove(0);
                self.events.push_back(RunEvent::Timer { name });
                return true;
            }
            if let Some((path, _)) = self.running.pop_front().filter(|_| self.script.hangs_end) {
                self.end(path, Status::Succeeded, None, Value::Null);
                return true;
            }
            return false;
        };
        let (path, command) = self.running.remove(at).unwrap();
        let outcome = self.script.outcome(&path).to_owned();
        let output = output(&command);
        match outcome.split_once(' ') {
            Some(("exit", code)) => {
                let code: i32 = code.parse().unwrap();
                let status = if code == 0 { Status::Succeeded } else { Status::Failed };
                let message = (code != 0).then(|| format!("exit code {code}"));
                self.end(path, status, message, json!({ "code": code }));
            }
            Some(("says", text)) => {
                self.end(path, Status::Succeeded, None, serde_json::from_str(text).unwrap());
            }
            _ => {
                let status: Status = serde_json::from_value(json!(outcome)).unwrap();
                let message = (status != Status::Succeeded).then(|| "so it is scripted".to_owned());
                self.end(path, status, message, output);
            }
        }
        true
    }

    fn finished(mut self) -> Run {
        // Late events lead to nothing.
        let late = RunEvent::StepEnded {
            path: "late".to_owned(),
            status: Status::Failed,
            message: None,
            output: Value::Null,
        };
        self.send(&[late, RunEvent::CancelRequested { by: "late".to_owned() }]);
        self.run
    }
}

/// What a step that succeeds gives.
fn output(command: &Command) -> Value {
    let Command::Start { work, .. } = command else { return Value::Null };
    match work {
        Work::Resource { operation: Operation::Check, .. } => {
            json!({ "versions": [{ "ref": "1" }, { "ref": "2" }] })
        }
        Work::Resource { operation: Operation::Get, version, .. } => json!({ "version": version }),
        Work::Resource { operation: Operation::Put, .. } => json!({ "version": { "ref": "new" } }),
        Work::Launch { spec, .. } if spec.command.path == "/opt/resource/check" => {
            json!({ "code": 0, "stdout": "[{\"ref\":\"1\"},{\"ref\":\"2\"}]" })
        }
        Work::Launch { spec, .. } if spec.command.path == "/opt/resource/out" => {
            json!({ "code": 0, "stdout": "{\"version\":{\"ref\":\"new\"}}" })
        }
        Work::Launch { .. } => json!({ "code": 0 }),
        Work::Read { .. } => json!("run: {path: sh}"),
        Work::Action { .. } => Value::Null,
    }
}

impl Run {
    /// Draws what happened: groups end with `/`.
    pub(crate) fn tree(&self) -> String {
        let mut out = String::new();
        for (path, group) in &self.order {
            let slash = if *group { "/" } else { "" };
            write!(out, "{path}{slash}").unwrap();
            match self.ends.get(path) {
                None => out.push_str(" open"),
                Some((Status::Succeeded, _)) => {}
                Some((status, message)) => {
                    write!(out, " {}", word(*status)).unwrap();
                    if let Some(message) = message.as_ref().filter(|_| *group) {
                        write!(out, " ({message})").unwrap();
                    }
                }
            }
            out.push('\n');
        }
        if let Some((status, message)) = &self.finish {
            write!(out, "= {}", word(*status)).unwrap();
            if let Some(message) = message.as_ref().filter(|_| *status != Status::Succeeded) {
                write!(out, " ({message})").unwrap();
            }
            out.push('\n');
        }
        out
    }

    /// Returns the work and options of the step at a path, as JSON.
    #[track_caller]
    pub(crate) fn start(&self, wanted: &str) -> Value {
        let found = self.commands.iter().find_map(|command| match command {
            Command::Start { path, work, options, .. } if path == wanted => {
                Some(json!({ "work": work, "options": options }))
            }
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{wanted} was not started:\n{}", self.tree()))
    }

    #[track_caller]
    pub(crate) fn status(&self) -> Status {
        self.finish.as_ref().unwrap().0
    }

    pub(crate) fn started(&self, wanted: &str) -> bool {
        self.order.iter().any(|(path, _)| path == wanted)
    }
}

fn word(status: Status) -> String {
    serde_json::to_value(status).unwrap().as_str().unwrap().to_owned()
}
