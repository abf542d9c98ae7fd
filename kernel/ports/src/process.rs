//! Programs of the host machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::log::LogSink;

/// What goes to the step's log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProcessLog {
    #[default]
    All,
    Stderr,
    None,
}

/// A program to start. Strings are final: secrets are in place, paths are the host's.
///
/// `Debug` prints no values of the environment, as they may be secret.
#[derive(Clone, Default)]
pub struct ProcessSpec {
    /// Marks the whole tree, so that it can be found again after a crash of the server: it is put
    /// into the environment as `TENON_ATTEMPT`. Unique in time and space.
    pub marker: String,
    pub program: String,
    pub args: Vec<String>,
    /// All there is, but for the marker.
    pub env: BTreeMap<String, String>,
    pub stdin: Vec<u8>,
    /// Where it starts; exists.
    pub dir: PathBuf,
    /// Name or uid.
    pub user: Option<String>,
    pub nice: Option<i32>,
    /// By name: `nofile`, `as`, `cpu`, `fsize`, `core`, `nproc`.
    pub rlimits: BTreeMap<String, u64>,
    /// How many bytes of the output to hand back.
    pub capture_stdout: usize,
    pub capture_stderr: usize,
    pub log: ProcessLog,
}

impl std::fmt::Debug for ProcessSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProcessSpec")
            .field("marker", &self.marker)
            .field("program", &self.program)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// How a process ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessExit {
    pub code: Option<i32>,
    /// The name of the signal that ended it, such as `KILL`.
    pub signal: Option<String>,
    pub elapsed_ms: u64,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// Whether a captured stream was longer.
    pub truncated: bool,
}

/// Why a program could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the program {program:?} was not found{hint}")]
    NotFound { program: String, hint: String },
    #[error("the program {program:?} may not be executed: {reason}")]
    NotExecutable { program: String, reason: String },
    #[error("there is no user {user:?} on this machine")]
    UnknownUser { user: String },
    #[error("running as user {user:?} needs a server that runs as root")]
    NotRoot { user: String },
    #[error("the limit {name:?} is not known; known are {known}")]
    UnknownLimit { name: String, known: &'static str },
    #[error("failed to start {program:?}")]
    Io {
        program: String,
        #[source]
        err: std::io::Error,
    },
}

/// A signal to a process tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    Term,
    Int,
    Hup,
    Quit,
    Usr1,
    Usr2,
    Kill,
}

/// A running program.
#[async_trait]
pub trait Process: Send + Sync {
    /// Sends a signal to the whole tree. After the end it does nothing.
    fn signal(&self, signal: Signal);
    /// Waits for the end: the leader has exited, the rest of its tree is ended, and all output has
    /// reached the log. May be called again, and by several; the answer stays.
    async fn wait(&self) -> ProcessExit;
}

/// Starts programs.
#[async_trait]
pub trait Processes: Send + Sync {
    async fn start(
        &self,
        spec: ProcessSpec,
        log: Arc<dyn LogSink>,
    ) -> Result<Arc<dyn Process>, StartError>;
    /// Ends every process of this machine whose marker starts with `prefix`, and waits until they are gone.
    /// Returns how many there were. For what a dead server left behind.
    async fn end_marked(&self, prefix: &str) -> usize;
}

impl Signal {
    /// Returns the signal that `name` names, with or without `SIG`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("SIG").unwrap_or(name) {
            "TERM" => Self::Term,
            "INT" => Self::Int,
            "HUP" => Self::Hup,
            "QUIT" => Self::Quit,
            "USR1" => Self::Usr1,
            "USR2" => Self::Usr2,
            "KILL" => Self::Kill,
            _ => return None,
        })
    }
}
