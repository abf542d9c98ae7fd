//! Programs of the host. Granted by program name or path.
//!
//! A start or a signal is a wish: the kernel performs it after the call has returned. The end of a
//! process arrives as [`Event::ProcessEnded`](crate::Event::ProcessEnded).

use crate::error::Result;

/// A program to be started.
///
/// Its environment is empty but for what is given here. It and all that it starts end with the
/// attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// A path inside the working directory, an absolute path, or a name that is looked up in the
    /// PATH of `env`, else in the host's default PATH.
    pub program: String,
    /// Without the program's own name.
    pub args: Vec<String>,
    /// Values may be `secret:NAME` or contain `((secret:NAME))`.
    pub env: Vec<(String, String)>,
    /// Empty when absent; at most 4 MiB.
    pub stdin: Option<Vec<u8>>,
    /// Volumes of the run, and the paths below the working directory where they are seen.
    pub mounts: Vec<(String, String)>,
    /// Where it starts, relative to the working directory of the attempt; created where missing.
    pub dir: Option<String>,
    /// As the contract lists them at `process.command.option`.
    pub options: Vec<(String, String)>,
}

/// What of the output goes to the step's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Log {
    /// The default.
    All,
    /// Standard error only.
    Stderr,
    /// Nothing.
    None,
}

/// A signal to the whole tree of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Signal {
    Term,
    Int,
    Hup,
    Quit,
    Usr1,
    Usr2,
    Kill,
}

impl Command {
    /// A program, without arguments and environment.
    pub fn new(program: impl Into<String>) -> Self {
        Self { program: program.into(), ..Self::default() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, value: impl Into<String>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(values.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets variables of the environment.
    #[must_use]
    pub fn envs<K: Into<String>, V: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.env.extend(values.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Gives the standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Shows the run's volume at a path below the working directory.
    #[must_use]
    pub fn mount(mut self, volume: impl Into<String>, path: impl Into<String>) -> Self {
        self.mounts.push((volume.into(), path.into()));
        self
    }

    /// Sets the directory to start in.
    #[must_use]
    pub fn dir(mut self, path: impl Into<String>) -> Self {
        self.dir = Some(path.into());
        self
    }

    /// Runs as a user, by name or uid.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        self.option("user", user)
    }

    /// Sets the niceness, -20 to 19.
    #[must_use]
    pub fn nice(self, nice: i32) -> Self {
        self.option("nice", nice.to_string())
    }

    /// Sets a resource limit, such as `nofile`.
    #[must_use]
    pub fn rlimit(self, name: &str, limit: u64) -> Self {
        self.option(format!("rlimit-{name}"), limit.to_string())
    }

    /// Hands so many bytes of the standard output to `resume`, 1 MiB at most.
    #[must_use]
    pub fn capture_stdout(self, bytes: u32) -> Self {
        self.option("capture-stdout", bytes.to_string())
    }

    /// Hands so many bytes of the standard error to `resume`, 1 MiB at most.
    #[must_use]
    pub fn capture_stderr(self, bytes: u32) -> Self {
        self.option("capture-stderr", bytes.to_string())
    }

    /// Chooses what goes to the step's log.
    #[must_use]
    pub fn log(self, log: Log) -> Self {
        self.option(
            "log",
            match log {
                Log::All => "all",
                Log::Stderr => "stderr",
                Log::None => "none",
            },
        )
    }

    /// Sets any option of the contract.
    #[must_use]
    pub fn option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((key.into(), value.into()));
        self
    }

    /// Asks for the start, and names the process within this attempt. The name is free.
    #[cfg(target_family = "wasm")]
    pub fn start(self, handle: &str) -> Result<()> {
        let command = crate::bindings::imports::tenon::plugin::process::Command::new(&self.program);
        for value in &self.args {
            command.arg(value);
        }
        for (name, value) in &self.env {
            command.env(name, value);
        }
        if let Some(bytes) = &self.stdin {
            command.stdin(bytes);
        }
        for (volume, path) in &self.mounts {
            command.mount(volume, path)?;
        }
        if let Some(path) = &self.dir {
            command.directory(path)?;
        }
        for (key, value) in &self.options {
            command.option(key, value)?;
        }
        Ok(command.start(handle)?)
    }

    /// Asks for the start, and names the process within this attempt. The name is free.
    #[cfg(not(target_family = "wasm"))]
    pub fn start(self, handle: &str) -> Result<()> {
        let effect = crate::testing::Effect::Start { handle: handle.to_owned(), command: self };
        crate::testing::with(|host| host.effects.push(effect));
        Ok(())
    }
}

impl Signal {
    /// Returns the name of the signal, such as `TERM`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Hup => "HUP",
            Self::Quit => "QUIT",
            Self::Usr1 => "USR1",
            Self::Usr2 => "USR2",
            Self::Kill => "KILL",
        }
    }
}

/// Asks for a signal to the whole tree of a process.
#[cfg(target_family = "wasm")]
pub fn signal(handle: &str, signal: Signal) -> Result<()> {
    Ok(crate::bindings::imports::tenon::plugin::process::signal(handle, signal.name())?)
}

/// Asks for a signal to the whole tree of a process.
#[cfg(not(target_family = "wasm"))]
pub fn signal(handle: &str, signal: Signal) -> Result<()> {
    let effect = crate::testing::Effect::Signal { handle: handle.to_owned(), signal };
    crate::testing::with(|host| host.effects.push(effect));
    Ok(())
}
