//! Runs commands somewhere: here, as processes of the server's machine, at low priority.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenon_sdk::envelope::launch::{LaunchSpec, Launched};
use tenon_sdk::process::{self, Signal};
use tenon_sdk::{Command, Error, Event, Launcher, Result, Step};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// What lives between two calls; the kernel keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    program: String,
}

impl Launcher for Plugin {
    type State = Running;

    fn start(spec: LaunchSpec) -> Result<Step<Running>> {
        let program = spec.command.path;
        Command::new(&program)
            .args(spec.command.args)
            .envs(spec.env)
            .nice(10)
            .start("main")?;
        Ok(Step::wait(Running { program }))
    }

    fn resume(state: Running, event: Event) -> Result<Step<Running>> {
        match event {
            Event::ProcessEnded { ended, .. } => {
                let code = ended.code.unwrap_or(-1);
                let launched = Launched {
                    code,
                    signal: ended.signal,
                    ..Launched::default()
                };
                match code {
                    0 => Step::succeeded(&launched),
                    _ => Step::failed(format!("{}: exit code {code}", state.program), &launched),
                }
            }
            Event::ProcessRefused { error, .. } => Ok(Step::refused(error.message)),
            Event::Restarted => Err(Error::abandoned("the process is gone")),
            _ => Ok(Step::wait(state)),
        }
    }

    fn cancel(state: Running, _grace: Duration) -> Result<Step<Running>> {
        process::signal("main", Signal::Term)?;
        Ok(Step::wait(state))
    }
}

tenon_sdk::export_launcher!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::envelope::launch::{Command, LaunchSpec};
    use tenon_sdk::testing::{self, Effect};
    use tenon_sdk::{Event, Launcher as _};

    use super::{Plugin, Running};

    #[test]
    fn the_program_of_the_pipeline_is_started() {
        let command = Command {
            path: "make".to_owned(),
            ..Command::default()
        };
        Plugin::start(LaunchSpec {
            command,
            ..LaunchSpec::default()
        })
        .unwrap();
        let effects = testing::effects();
        assert!(matches!(&effects[..], [Effect::Start { handle, .. }] if handle == "main"));
    }

    #[test]
    fn work_that_a_restart_has_ended_is_abandoned() {
        let state = Running {
            program: "make".to_owned(),
        };
        assert!(Plugin::resume(state, Event::Restarted).is_err());
    }
}
