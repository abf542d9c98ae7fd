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

/// The kinds of events that the contract has (`machine.event`).
const EVENTS: [&str; 4] = ["process-ended", "process-refused", "wake", "restarted"];

impl Stage {
    /// Plays a script, and returns it with the answers that the machine gave.
    ///
    /// Calls: `start JSON` (launcher), `start NAME JSON` (action), `check|get|put JSON` (resource),
    /// `cancel MS`, the events of the contract: `KIND [HANDLE] [JSON]`, such as `wake` or
    /// `process-ended main {"code": 0}`, and `event KIND [HANDLE] [JSON]` for one that no machine
    /// knows. Lines with `#` are kept.
    ///
    /// # Panics
    /// Panics at a line that begins with no such word.
    #[must_use]
    #[track_caller]
    pub fn play(&self, kind: PluginKind, script: &str) -> String {
        match self.played(kind, script) {
            Ok(played) => played,
            Err(reason) => panic!("{reason}"),
        }
    }

    fn played(&self, kind: PluginKind, script: &str) -> Result<String, String> {
        let mut played = String::new();
        let mut state: Arc<[u8]> = Arc::from([]);
        let lines = script.lines().zip(1..).filter(|(line, _)| !line.starts_with(' '));
        for (line, number) in lines {
            played.push_str(line);
            played.push('\n');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let input = input(kind, line, &state).map_err(|err| format!("line {number}: {err}"))?;
            match self.step(kind, input) {
                Ok(step) => {
                    answer(&mut played, &step);
                    state = step.state;
                }
                Err(err) => refusal(&mut played, &err),
            }
        }
        Ok(played)
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
        let played = match self.played(kind, &script) {
            Ok(played) => played,
            Err(reason) => panic!("{}, {reason}", path.display()),
        };
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

fn input(kind: PluginKind, line: &str, state: &Arc<[u8]>) -> Result<MachineInput, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let resource = |operation| MachineInput::Resource { operation, request: json(rest) };
    Ok(match (word, kind) {
        ("start", PluginKind::Launcher) => MachineInput::Launch { spec: json(rest) },
        ("start", PluginKind::Action) => {
            let (name, input) = rest.split_once(' ').unwrap_or((rest, ""));
            MachineInput::Action { name: name.to_owned(), input: json(input) }
        }
        ("check", PluginKind::Resource) => resource(Operation::Check),
        ("get", PluginKind::Resource) => resource(Operation::Get),
        ("put", PluginKind::Resource) => resource(Operation::Put),
        ("cancel", _) => {
            let grace_ms = rest.parse();
            let grace_ms =
                grace_ms.map_err(|_| format!("`cancel` needs a number of ms, not {rest:?}"))?;
            MachineInput::Cancel { state: Arc::clone(state), grace_ms }
        }
        (event, _) if EVENTS.contains(&event) => resumed(state, event, rest),
        ("event", _) => {
            let (event, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            resumed(state, event, rest.trim())
        }
        _ => {
            let starts = match kind {
                PluginKind::Resource => "check, get, put",
                _ => "start",
            };
            let (kind, events) = (kind.word(), EVENTS.join(", "));
            return Err(format!(
                "{word:?} is no call of a script of the kind {kind}; there are {starts}, cancel, \
                 {events}, and `event KIND` for any other event"
            ));
        }
    })
}

fn resumed(state: &Arc<[u8]>, event: &str, rest: &str) -> MachineInput {
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

fn json(text: &str) -> String {
    if text.is_empty() { "{}".to_owned() } else { text.to_owned() }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel_ports::plugin::{MachineInput, PluginKind};

    use super::input;

    #[track_caller]
    fn check(kind: PluginKind, line: &str, want: Result<&str, &str>) {
        let found = input(kind, line, &Arc::from([]));
        match (found, want) {
            (Ok(MachineInput::Resume { kind, .. }), Ok(want)) => assert_eq!(kind, want),
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, want) => panic!("{found:?}, not {want:?}"),
        }
    }

    #[test]
    fn what_is_no_word_of_a_script_is_refused() {
        check(PluginKind::Action, "wake", Ok("wake"));
        check(PluginKind::Action, "event moon-phase {\"full\":true}", Ok("moon-phase"));
        let known = "there are start, cancel, process-ended, process-refused, wake, restarted";
        check(PluginKind::Launcher, "process-endet main {}", Err(known));
        check(PluginKind::Launcher, "check {}", Err("\"check\" is no call"));
        check(PluginKind::Resource, "start {}", Err("there are check, get, put, cancel"));
        check(PluginKind::Launcher, "cancel soon", Err("a number of ms, not \"soon\""));
        check(PluginKind::Launcher, "\twait", Err("is no call"));
    }
}
