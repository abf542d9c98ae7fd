//! One process: how it is started, and what its end means.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tenon_sdk::envelope::launch::{LaunchSpec, Launched};
use tenon_sdk::envelope::machine::ProcessEnded;
use tenon_sdk::process::{self, Signal};
use tenon_sdk::{Command, Error, Event, Launcher, Result, Step, config, debug};

use crate::signal;

/// The name of the only process of an attempt.
const HANDLE: &str = "main";
/// Where most systems keep their programs.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The launcher.
#[derive(Debug)]
pub struct Process;

/// What the operator may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// PATH of steps that set none.
    pub path: Option<String>,
}

/// What is known of an attempt between two calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Whether its output was asked for.
    capture: bool,
}

impl Launcher for Process {
    type State = Running;

    fn start(spec: LaunchSpec) -> Result<Step<Running>> {
        if spec.command.path.is_empty() {
            return Err(Error::invalid(
                "the command names no program; give its path, such as `sh`",
            ));
        }
        note_what_is_ignored(&spec);
        let capture = spec.capture_bytes > 0;
        command(spec, &config::config()?).start(HANDLE)?;
        Ok(Step::wait(Running { capture }))
    }

    fn resume(state: Running, event: Event) -> Result<Step<Running>> {
        match event {
            Event::ProcessEnded { ended, .. } => ended_step(&state, ended),
            // Such as a backend of secrets that does not answer now.
            Event::ProcessRefused { error, .. } if error.code == "unavailable" => {
                Ok(Step::errored(error.message))
            }
            Event::ProcessRefused { error, .. } => Ok(Step::refused(error.message)),
            Event::Restarted => Err(Error::abandoned(
                "the server was started anew, and the process of the step is gone",
            )),
            _ => Ok(Step::wait(state)),
        }
    }

    fn cancel(state: Running, _grace: Duration) -> Result<Step<Running>> {
        process::signal(HANDLE, Signal::Term)?;
        Ok(Step::wait(state))
    }
}

fn command(spec: LaunchSpec, config: &Config) -> Command {
    let mut command = Command::new(spec.command.path).args(spec.command.args);
    if !spec.env.contains_key("PATH") {
        command = command.env("PATH", config.path.as_deref().unwrap_or(DEFAULT_PATH));
    }
    command = command.envs(spec.env);
    for mount in spec.mounts {
        command = command.mount(mount.volume, mount.path);
    }
    if let Some(dir) = spec.command.dir {
        command = command.dir(dir);
    }
    if let Some(user) = spec.command.user {
        command = command.user(&user);
    }
    if let Some(nice) = spec.command.nice {
        command = command.nice(nice);
    }
    for (name, limit) in spec.command.rlimits {
        command = command.rlimit(&name, limit);
    }
    if let Some(stdin) = spec.stdin {
        command = command.stdin(stdin);
    }
    if spec.capture_bytes > 0 {
        command = command.capture_stdout(spec.capture_bytes).capture_stderr(spec.capture_bytes);
    }
    command
}

fn note_what_is_ignored(spec: &LaunchSpec) {
    if let Some(image) = &spec.image {
        debug!("the image {:?} is ignored: processes run without images", image.reference);
    }
    if spec.privileged {
        debug!("`privileged` is ignored: processes run as the server's user");
    }
    if spec.limits.cpu.is_some() || spec.limits.memory_bytes.is_some() {
        debug!("limits of CPU and memory are ignored: use rlimits, or a launcher with containers");
    }
}

/// Says what the end of the process means for the step.
fn ended_step(state: &Running, ended: ProcessEnded) -> Result<Step<Running>> {
    let message = match (ended.code, ended.signal.as_deref()) {
        (_, Some(name)) => format!("killed by SIG{}", name.strip_prefix("SIG").unwrap_or(name)),
        (Some(0), None) => String::new(),
        (Some(code), None) => format!("exit code {code}"),
        (None, None) => return Ok(Step::errored("the process ended, and nobody knows how")),
    };
    let code = match ended.signal.as_deref() {
        Some(name) => 128 + signal::number(name),
        None => ended.code.unwrap_or_default(),
    };
    let launched = Launched {
        code,
        signal: ended.signal,
        stdout: ended.stdout.filter(|_| state.capture),
        stderr: ended.stderr.filter(|_| state.capture),
        truncated: ended.truncated,
    };
    if message.is_empty() { Step::succeeded(&launched) } else { Step::failed(message, &launched) }
}

#[cfg(test)]
mod tests;
