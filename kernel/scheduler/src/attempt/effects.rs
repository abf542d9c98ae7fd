//! What a step machine asked for, performed: processes and their signals.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use kernel_ports::log::LogSink;
use kernel_ports::plugin::{CommandRequest, Effect, MachineInput};
use kernel_ports::process::{Process, ProcessExit, ProcessLog, ProcessSpec, Signal};
use kernel_ports::secret::SecretError;
use kernel_ports::volume::MountPoint;
use wit_envelope::machine::{Error, ProcessEnded};

use super::mask::Mask;
use super::{Attempt, chain};
use crate::secret_text;

/// Something that a machine is told.
#[derive(Debug)]
pub(super) struct Happened {
    kind: &'static str,
    handle: String,
    data: String,
}

/// The effects of one attempt.
pub(super) struct Effects {
    log: Arc<dyn LogSink>,
    marker: String,
    mask: Mask,
    /// Whether there is a working directory.
    pub(super) uses_dir: bool,
    running: HashMap<String, Arc<dyn Process>>,
    /// What happened at once, before anything else.
    refused: Vec<Happened>,
    /// The ends to come, by handle.
    ends: FuturesUnordered<BoxFuture<'static, (String, ProcessExit)>>,
}

impl Effects {
    pub(super) fn new(attempt: &Attempt, log: &Arc<dyn LogSink>) -> Self {
        let Attempt { instance, run, step, number, token, .. } = attempt;
        Self {
            log: Arc::clone(log),
            mask: Mask::of(attempt),
            marker: format!("{instance}/{run}/{}/{number}/{token}", step.0),
            uses_dir: false,
            running: HashMap::new(),
            refused: vec![],
            ends: FuturesUnordered::new(),
        }
    }

    /// Returns whether nothing can happen any more.
    pub(super) fn is_quiet(&self) -> bool {
        self.running.is_empty() && self.refused.is_empty()
    }

    /// Performs effects in order.
    pub(super) async fn perform(&mut self, attempt: &Attempt, wanted: Vec<Effect>) {
        for effect in wanted {
            match effect {
                Effect::ProcessStart(request) => {
                    let handle = request.handle.clone();
                    if let Err(error) = self.start(attempt, *request).await {
                        self.refused.push(Happened {
                            kind: "process-refused",
                            handle,
                            data: serde_json::json!(error).to_string(),
                        });
                    }
                }
                Effect::ProcessSignal { handle, signal } => {
                    // The host has checked the name; a process that is gone needs no signal.
                    if let (Some(process), Some(signal)) =
                        (self.running.get(&handle), Signal::parse(&signal))
                    {
                        process.signal(signal);
                    }
                }
            }
        }
    }

    /// Waits for the next thing that happens; for ever if nothing can.
    pub(super) async fn next(&mut self) -> Happened {
        if !self.refused.is_empty() {
            return self.refused.remove(0);
        }
        match self.ends.next().await {
            Some((handle, exit)) => {
                self.running.remove(&handle);
                let data = serde_json::json!(process_ended(exit)).to_string();
                // Before any plugin sees it: what it keeps in its state is stored.
                let data = self.mask.json(data);
                Happened { kind: "process-ended", handle, data }
            }
            None => std::future::pending().await,
        }
    }

    /// Ends what still runs, and returns when it is gone.
    pub(super) async fn end_all(&mut self) {
        for process in self.running.values() {
            process.signal(Signal::Kill);
        }
        for (_, process) in self.running.drain() {
            process.wait().await;
        }
    }

    async fn start(&mut self, attempt: &Attempt, request: CommandRequest) -> Result<(), Error> {
        if self.running.contains_key(&request.handle) {
            let message = format!("the process {:?} runs already", request.handle);
            return Err(Error { code: "conflict".to_owned(), message });
        }
        let handle = request.handle.clone();
        let spec = self.spec(attempt, request).await?;
        let log = Arc::clone(&self.log);
        let process = attempt
            .parts
            .processes
            .start(spec, log)
            .await
            .map_err(|err| Error { code: "not-found".to_owned(), message: chain(&err) })?;
        self.running.insert(handle.clone(), Arc::clone(&process));
        self.ends.push(async move { (handle, process.wait().await) }.boxed());
        Ok(())
    }

    /// Puts secrets and directories in place.
    async fn spec(
        &mut self,
        attempt: &Attempt,
        request: CommandRequest,
    ) -> Result<ProcessSpec, Error> {
        let refuse =
            |err: &dyn std::error::Error| Error { code: "invalid".to_owned(), message: chain(err) };
        let without = |err: SecretError| {
            // A backend that does not answer now may answer later; a missing secret stays missing.
            let code = if err.is_retryable() { "unavailable" } else { "invalid" };
            Error { code: code.to_owned(), message: chain(&err) }
        };
        let Attempt { run, step, number, parts, .. } = attempt;
        let mut env = request.env;
        for value in env.values_mut() {
            let resolved = secret_text::resolve(value, *run, parts.secrets.as_ref()).await;
            *value = resolved.map_err(without)?;
        }
        let stdin = match String::from_utf8(request.stdin) {
            Ok(text) => {
                let resolved = secret_text::resolve(&text, *run, parts.secrets.as_ref()).await;
                resolved.map_err(without)?.into_bytes()
            }
            Err(bytes) => bytes.into_bytes(),
        };
        let mounts: Vec<_> =
            request.mounts.into_iter().map(|(volume, path)| MountPoint { volume, path }).collect();
        self.uses_dir = true;
        let work_dir = parts.volumes.work_dir(*run, *step, *number, &mounts).await;
        let mut dir = work_dir.map_err(|err| refuse(&err))?;
        if let Some(sub) = &request.dir {
            let sub = parts.volumes.work_subdir(&dir, sub).await;
            dir = sub.map_err(|err| refuse(&err))?;
        }
        Ok(ProcessSpec {
            marker: self.marker.clone(),
            program: request.program,
            args: request.args,
            env,
            stdin,
            dir,
            user: request.user,
            nice: request.nice,
            rlimits: request.rlimits,
            capture_stdout: request.capture_stdout,
            capture_stderr: request.capture_stderr,
            log: match request.log.as_str() {
                "none" => ProcessLog::None,
                "stderr" => ProcessLog::Stderr,
                _ => ProcessLog::All,
            },
        })
    }
}

impl Happened {
    pub(super) fn into_input(self, state: Arc<[u8]>) -> MachineInput {
        let Self { kind, handle, data } = self;
        MachineInput::Resume { state, kind: kind.to_owned(), handle: Some(handle), data }
    }
}

fn process_ended(exit: ProcessExit) -> ProcessEnded {
    let text =
        |bytes: Vec<u8>| (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned());
    ProcessEnded {
        code: exit.code,
        signal: exit.signal,
        elapsed_ms: exit.elapsed_ms,
        stdout: text(exit.stdout),
        stderr: text(exit.stderr),
        truncated: exit.truncated,
    }
}
