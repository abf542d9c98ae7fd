//! Golden scripts of step machines: what a machine is told, and what it answers.
//!
//! A line that is not indented is a call; the indented lines below are the answer.
//!
//! ```text
//! start {"command": {"path": "true"}}
//!   start main: true
//!   wait
//! process-ended main {"code": 0}
//!   done succeeded {"code":0}
//! ```

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use kernel_ports::plugin::{Effect, MachineInput, MachineStep, PluginError, PluginKind};
use wit_envelope::machine::Status;
use wit_envelope::resource::Operation;

use crate::stage::Stage;

impl Stage {
    /// Plays a script, and returns it with the answers that the machine gave.
    ///
    /// Calls: `start JSON` (launcher), `start NAME JSON` (action), `check|get|put JSON` (resource),
    /// `cancel MS`, and events: `KIND [HANDLE] [JSON]`, such as `wake` or
    /// `process-ended main {"code": 0}`. Lines with `#` are kept.
    #[must_use]
    pub fn play(&self, kind: PluginKind, script: &str) -> String {
        let mut played = String::new();
        let mut state: Arc<[u8]> = Arc::from([]);
        for line in script.lines().filter(|line| !line.starts_with(' ')) {
            played.push_str(line);
            played.push('\n');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match self.step(kind, input(kind, line, &state)) {
                Ok(step) => {
                    answer(&mut played, &step);
                    state = step.state;
                }
                Err(err) => refusal(&mut played, &err),
            }
        }
        played
    }

    /// Plays the script in a file, and fails the test when the answers are not those in it. With
    /// `UPDATE_EXPECT=1` the file is rewritten.
    ///
    /// # Panics
    /// That is how it fails the test.
    #[track_caller]
    pub fn check_script(&self, kind: PluginKind, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let script = match std::fs::read_to_string(path) {
            Ok(script) => script,
            Err(err) => panic!("failed to read {}: {err}", path.display()),
        };
        let played = self.play(kind, &script);
        // The kit has no configuration of its own; this is the convention of golden tests.
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            if let Err(err) = std::fs::write(path, &played) {
                panic!("failed to write {}: {err}", path.display());
            }
            return;
        }
        assert_eq!(
            played,
            script,
            "{} is not what the machine answers; look at it, and run with UPDATE_EXPECT=1",
            path.display()
        );
    }
}

fn input(kind: PluginKind, line: &str, state: &Arc<[u8]>) -> MachineInput {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let json = |text: &str| if text.is_empty() { "{}".to_owned() } else { text.to_owned() };
    let operation = match word {
        "check" => Some(Operation::Check),
        "get" => Some(Operation::Get),
        "put" => Some(Operation::Put),
        _ => None,
    };
    match (word, operation) {
        ("start", _) if kind == PluginKind::Launcher => MachineInput::Launch { spec: json(rest) },
        ("start", _) => {
            let (name, input) = rest.split_once(' ').unwrap_or((rest, ""));
            MachineInput::Action { name: name.to_owned(), input: json(input) }
        }
        (_, Some(operation)) => MachineInput::Resource { operation, request: json(rest) },
        ("cancel", _) => MachineInput::Cancel {
            state: Arc::clone(state),
            grace_ms: rest.parse().unwrap_or_default(),
        },
        (event, _) => {
            let (handle, data) = match rest.find('{') {
                Some(at) => (rest[..at].trim(), &rest[at..]),
                None => (rest, ""),
            };
            MachineInput::Resume {
                state: Arc::clone(state),
                kind: event.to_owned(),
                handle: Some(handle).filter(|handle| !handle.is_empty()).map(str::to_owned),
                data: json(data),
            }
        }
    }
}

fn answer(played: &mut String, step: &MachineStep) {
    for effect in &step.effects {
        // Writing to a string cannot fail.
        let _ = match effect {
            Effect::ProcessStart(command) => {
                let words = [vec![command.program.clone()], command.args.clone()].concat();
                writeln!(played, "  start {}: {}", command.handle, words.join(" "))
            }
            Effect::ProcessSignal { handle, signal } => {
                writeln!(played, "  signal {handle} {signal}")
            }
        };
    }
    let _ = match (&step.done, step.wake_after_ms) {
        (Some(outcome), _) => {
            let status = match outcome.status {
                Status::Succeeded => "succeeded",
                Status::Failed => "failed",
                Status::Errored if outcome.retryable => "errored",
                Status::Errored => "refused",
                Status::TimedOut | Status::Cancelled | Status::Skipped => "ended",
            };
            let message = outcome.message.as_deref().map(|text| format!(" {text:?}"));
            let message = message.unwrap_or_default();
            writeln!(played, "  done {status}{message} {}", outcome.output)
        }
        (None, Some(ms)) => writeln!(played, "  wait {ms} ms"),
        (None, None) => writeln!(played, "  wait"),
    };
}

fn refusal(played: &mut String, err: &PluginError) {
    let _ = match err {
        PluginError::Said { code, message, .. } => writeln!(played, "  error {code}: {message}"),
        err => writeln!(played, "  failure: {err}"),
    };
}
