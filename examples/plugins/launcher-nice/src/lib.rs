//! Runs commands on this machine at low priority, so that people who work on it notice nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenon_sdk::envelope::launch::{LaunchSpec, Launched};
use tenon_sdk::process::{self, Signal};
use tenon_sdk::{Command, Error, Event, Launcher, Result, Step};

/// The lowest priority but one.
const NICE: i32 = 18;

/// The launcher.
#[derive(Debug)]
pub struct Nice;

/// What lives between two calls.
#[derive(Debug, Serialize, Deserialize)]
pub struct Running {
    program: String,
}

impl Launcher for Nice {
    type State = Running;

    fn start(spec: LaunchSpec) -> Result<Step<Running>> {
        if spec.image.is_some() {
            return Err(Error::unsupported("this launcher has no images; remove `image`"));
        }
        let program = spec.command.path;
        let mut command = Command::new(&program).args(spec.command.args).envs(spec.env).nice(NICE);
        for mount in spec.mounts {
            command = command.mount(mount.volume, mount.path);
        }
        if let Some(dir) = spec.command.dir {
            command = command.dir(dir);
        }
        command.start("main")?;
        Ok(Step::wait(Running { program }))
    }

    fn resume(state: Running, event: Event) -> Result<Step<Running>> {
        match event {
            Event::ProcessEnded { ended, .. } => {
                let code = ended.code.unwrap_or(-1);
                let launched = Launched { code, signal: ended.signal, ..Launched::default() };
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

tenon_sdk::export_launcher!(Nice);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::envelope::launch::LaunchSpec;
    use tenon_sdk::envelope::machine::ProcessEnded;
    use tenon_sdk::testing::{Effect, effects};
    use tenon_sdk::{Event, Launcher as _, Step};

    use super::{Nice, Running};

    #[test]
    fn a_command_starts_at_low_priority() {
        let mut spec = LaunchSpec::default();
        spec.command.path = "make".into();
        assert!(matches!(Nice::start(spec), Ok(Step::Wait { .. })));
        let [Effect::Start { command, .. }] = &effects()[..] else { panic!("one start") };
        assert!(command.options.contains(&("nice".into(), "18".into())));
    }

    #[test]
    fn a_failure_names_the_program_and_its_code() {
        let ended = ProcessEnded { code: Some(3), ..ProcessEnded::default() };
        let event = Event::ProcessEnded { handle: "main".into(), ended };
        let Ok(Step::Done(outcome)) = Nice::resume(Running { program: "make".into() }, event)
        else {
            panic!("it has ended");
        };
        assert_eq!(outcome.message.as_deref(), Some("make: exit code 3"));
    }
}
