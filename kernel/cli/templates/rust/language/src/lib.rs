//! What a source means: here, each line is a command, and the next starts when one has succeeded.

use serde::{Deserialize, Serialize};
use tenon_sdk::envelope::language::{
    Command, CompileRequest, Compiled, JobSummary, RunEvent, Work,
};
use tenon_sdk::envelope::launch::{self, LaunchSpec};
use tenon_sdk::envelope::machine::Status;
use tenon_sdk::envelope::policy::StepOptions;
use tenon_sdk::language::{Compilation, Diagnostic, Severity};
use tenon_sdk::{Error, Language, Result};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// What lives between two calls: how many lines were started.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    started: usize,
}

impl Language for Plugin {
    type State = State;

    fn compile(request: CompileRequest) -> Result<Compilation> {
        let lines: Vec<&str> = request
            .source
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        if lines.is_empty() {
            let diagnostic = Diagnostic {
                severity: Severity::Error,
                code: "empty".to_owned(),
                message: "there is no command in it".to_owned(),
                line: 0,
                column: 0,
                hint: Some("write a command on a line of its own".to_owned()),
            };
            return Ok(Compilation {
                plan: None,
                diagnostics: vec![diagnostic],
            });
        }
        let program = serde_json::to_string(&lines)
            .map_err(|err| Error::internal(format!("failed to write the program: {err}")))?;
        let jobs = vec![JobSummary {
            name: "main".to_owned(),
            needs: Vec::new(),
        }];
        let plan = Some(Compiled {
            program,
            jobs,
            ..Compiled::default()
        });
        Ok(Compilation {
            plan,
            diagnostics: Vec::new(),
        })
    }

    fn drive(program: &str, state: &mut State, events: Vec<RunEvent>) -> Result<Vec<Command>> {
        let lines: Vec<String> = serde_json::from_str(program)
            .map_err(|err| Error::internal(format!("failed to read the program: {err}")))?;
        let mut commands = Vec::new();
        for event in events {
            let ended = match event {
                RunEvent::StepEnded {
                    status, message, ..
                } => Some((status, message)),
                RunEvent::CancelRequested { .. } => Some((Status::Cancelled, None)),
                _ => None,
            };
            match ended {
                Some((status, message)) if status != Status::Succeeded => {
                    commands.push(Command::Finish { status, message });
                }
                _ => commands.push(next(&lines, state)),
            }
        }
        Ok(commands)
    }
}

fn next(lines: &[String], state: &mut State) -> Command {
    let Some(line) = lines.get(state.started) else {
        return Command::Finish {
            status: Status::Succeeded,
            message: None,
        };
    };
    state.started += 1;
    let args = vec!["-c".to_owned(), line.clone()];
    let command = launch::Command {
        path: "sh".to_owned(),
        args,
        ..launch::Command::default()
    };
    let spec = LaunchSpec {
        command,
        ..LaunchSpec::default()
    };
    Command::Start {
        path: format!("line-{}", state.started),
        parent: None,
        name: line.clone(),
        kind: "task".to_owned(),
        work: Work::Launch {
            launcher: None,
            spec,
            caches: Vec::new(),
        },
        options: StepOptions::default(),
    }
}

tenon_sdk::export_language!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Language as _;
    use tenon_sdk::envelope::language::{Command, CompileRequest, RunEvent, RunFacts, RunInput};
    use tenon_sdk::envelope::machine::Status;

    use super::{Plugin, State};

    fn program(source: &str) -> Option<String> {
        let request = CompileRequest {
            source: source.to_owned(),
            ..CompileRequest::default()
        };
        Plugin::compile(request)
            .unwrap()
            .plan
            .map(|plan| plan.program)
    }

    fn ended(status: Status) -> Vec<RunEvent> {
        let (path, output) = ("line-1".to_owned(), serde_json::Value::Null);
        vec![RunEvent::StepEnded {
            path,
            status,
            message: None,
            output,
        }]
    }

    #[test]
    fn lines_run_one_after_the_other() {
        let program = program("make\n\nmake test\n").unwrap();
        let mut state = State::default();
        let started = RunEvent::Started {
            run: RunFacts::default(),
            input: RunInput::default(),
        };
        for (events, want) in [
            (vec![started], Some("make")),
            (ended(Status::Succeeded), Some("make test")),
            (ended(Status::Succeeded), None),
        ] {
            let commands = Plugin::drive(&program, &mut state, events).unwrap();
            match (&commands[..], want) {
                ([Command::Start { name, .. }], Some(want)) => assert_eq!(name, want),
                ([Command::Finish { status, .. }], None) => assert_eq!(*status, Status::Succeeded),
                (commands, want) => panic!("{commands:?} instead of {want:?}"),
            }
        }
    }

    #[test]
    fn a_failed_line_is_the_last() {
        let program = program("make\nmake test").unwrap();
        let events = ended(Status::Failed);
        let commands = Plugin::drive(&program, &mut State { started: 1 }, events).unwrap();
        assert!(matches!(
            &commands[..],
            [Command::Finish {
                status: Status::Failed,
                ..
            }]
        ));
    }

    #[test]
    fn an_empty_source_is_refused() {
        assert_eq!(program(" \n"), None);
    }
}
