//! Starts programs.

use std::io::Error;
use std::sync::Arc;

use async_trait::async_trait;
use kernel_ports::log::LogSink;
use kernel_ports::process::{Process, ProcessSpec, Processes, StartError};

use crate::running::Running;
use crate::{command, marked, tree};

/// Runs programs on this machine.
///
/// Makes this process the reaper of its orphaned descendants. So other code of this process that
/// starts programs must leave them in this process's group (as [`std::process::Command`] does), or
/// their exit status may be taken away from it.
#[derive(Debug)]
pub struct Supervisor {
    shim: Vec<String>,
}

impl Supervisor {
    /// Runs programs that need limits through `shim`: a program and its first arguments, which must
    /// lead to [`crate::exec::main`].
    #[must_use]
    pub fn new(shim: Vec<String>) -> Self {
        tree::adopt_orphans();
        Self { shim }
    }
}

#[async_trait]
impl Processes for Supervisor {
    async fn start(
        &self,
        spec: ProcessSpec,
        log: Arc<dyn LogSink>,
    ) -> Result<Arc<dyn Process>, StartError> {
        let shim = self.shim.clone();
        // To start a program blocks until it is read from the disk.
        let started = tokio::task::spawn_blocking(move || {
            let child = command::start(&spec, &shim)?;
            Ok((child, spec))
        });
        let program_lost = |err| StartError::Io { program: String::new(), err: Error::other(err) };
        let (child, spec) = started.await.map_err(program_lost)??;
        Ok(Running::watch(child, spec, &log)?)
    }

    async fn end_marked(&self, prefix: &str) -> usize {
        marked::end(prefix).await
    }
}
