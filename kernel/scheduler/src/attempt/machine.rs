//! The loop around a step machine.

use std::sync::Arc;
use std::time::Duration;

use kernel_model::attempt::AttemptEnd;
use kernel_ports::log::LogSink;
use kernel_ports::plugin::{Machine, MachineCall, MachineInput, MachineStep, PluginError};
use kernel_ports::volume::{CacheScope, VolumeError};
use tokio::time::Instant;
use wit_envelope::language::Work;
use wit_envelope::machine::{Outcome, Status};
use wit_envelope::resource::ResourceRequest;

use super::effects::{Effects, Happened};
use super::{Attempt, Stop, chain, errored};
use crate::error::launcher_denied;
use crate::settings::launcher_allowed;

/// What an outcome may carry.
const OUTPUT_BYTES_MAX: usize = 1024 * 1024;

/// Why the loop is ending the work, and when it stops being polite.
struct Ending {
    end: AttemptEnd,
    kill_at: Instant,
}

/// What the loop waits for.
enum Next {
    Event(Happened),
    Wake,
    Stop(AttemptEnd, Duration),
    Kill,
}

impl Attempt {
    /// Returns the end, and whether a working directory was left.
    pub(super) async fn machine(
        &mut self,
        work: Work,
        log: &Arc<dyn LogSink>,
    ) -> (AttemptEnd, bool) {
        let (machine, input) = match self.prepare(work).await {
            Ok(prepared) => prepared,
            Err(end) => return (end, false),
        };
        let mut effects = Effects::new(self, log);
        let end = self.machine_loop(machine, input, &mut effects, log).await;
        effects.end_all().await;
        (end, effects.uses_dir)
    }

    async fn machine_loop(
        &mut self,
        machine: Machine,
        input: MachineInput,
        effects: &mut Effects,
        log: &Arc<dyn LogSink>,
    ) -> AttemptEnd {
        let deadline = self.options.timeout_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        let mut ending: Option<Ending> = None;
        let mut input = input;
        // Which version of the plugin made the state: another one may serve by the next call.
        let mut made_by: Arc<str> = "".into();
        loop {
            // A step machine never sees an event later than its end.
            let step = match self.call(&machine, input, made_by, log).await {
                Ok(step) => step,
                Err(_) if ending.is_some() => return ended_as(ending),
                Err(err) => return refused(&err),
            };
            if let Some(outcome) = step.done {
                return match ending {
                    Some(ending) => ending.end,
                    None => finished(outcome),
                };
            }
            let MachineStep { state, wake_after_ms, effects: wanted, .. } = step;
            made_by = step.made_by;
            if !wanted.is_empty() || wake_after_ms.is_some() {
                self.save(&state);
            }
            effects.perform(self, wanted).await;
            let wake_at = wake_after_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
            if wake_at.is_none() && effects.is_quiet() {
                let reason = "the plugin waits for nothing; it is a bug in the plugin";
                return ending.map_or_else(|| errored(reason, false), |ending| ending.end);
            }
            match self.next(effects, wake_at, deadline, ending.as_ref()).await {
                Next::Event(happened) => input = happened.into_input(state),
                Next::Wake => {
                    input = MachineInput::Resume {
                        state,
                        kind: "wake".to_owned(),
                        handle: None,
                        data: "{}".to_owned(),
                    };
                }
                Next::Stop(end, grace) => {
                    ending = Some(Ending { end, kill_at: Instant::now() + grace });
                    let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
                    input = MachineInput::Cancel { state, grace_ms };
                }
                Next::Kill => return ended_as(ending),
            }
        }
    }

    /// Waits for whatever comes first.
    async fn next(
        &mut self,
        effects: &mut Effects,
        wake_at: Option<Instant>,
        deadline: Option<Instant>,
        ending: Option<&Ending>,
    ) -> Next {
        let grace = Duration::from_millis(self.options.grace_ms.unwrap_or(self.grace_ms));
        let kill_at = ending.map(|ending| ending.kill_at);
        // Once it is ending, only the end counts.
        let deadline = deadline.filter(|_| ending.is_none());
        let is_ending = ending.is_some();
        tokio::select! {
            biased;
            () = at(kill_at) => Next::Kill,
            stop = self.stop.wait_for(|stop| match stop {
                Some(Stop::Drain | Stop::Kill { .. }) => true,
                Some(Stop::Cancel { .. }) => !is_ending,
                None => false,
            }) => match stop.ok().and_then(|stop| stop.clone()) {
                Some(stop @ Stop::Cancel { .. }) => Next::Stop(stopped(Some(&stop)), grace),
                stop if is_ending => { drop(stop); Next::Kill }
                stop => Next::Stop(stopped(stop.as_ref()), Duration::ZERO),
            },
            () = at(deadline) => Next::Stop(AttemptEnd::TimedOut, grace),
            happened = effects.next() => Next::Event(happened),
            () = at(wake_at) => Next::Wake,
        }
    }

    /// Finds out whom to call with what, and restores caches.
    async fn prepare(&self, work: Work) -> Result<(Machine, MachineInput), AttemptEnd> {
        let json =
            |err: serde_json::Error| errored(&format!("bug: the work is no JSON: {err}"), false);
        Ok(match work {
            Work::Launch { launcher, mut spec, caches } => {
                for cache in caches {
                    if let Err(err) = self.cache_restore(&cache.key, &cache.volume).await {
                        // A cache that cannot be read is a miss.
                        tracing::warn!(run = %self.run, key = cache.key, "failed to restore a cache: {}", chain(&err));
                    }
                    spec.mounts.push(wit_envelope::launch::Mount {
                        volume: cache.volume,
                        path: cache.path,
                        read_only: false,
                    });
                }
                let launcher = launcher.unwrap_or_else(|| self.launcher.clone());
                if !launcher_allowed(&self.launchers_allowed, &launcher) {
                    return Err(errored(&launcher_denied(&launcher), false));
                }
                let spec = serde_json::to_string(&spec).map_err(json)?;
                (Machine::Launcher(launcher), MachineInput::Launch { spec })
            }
            Work::Resource { operation, resource, source, params, version, volume, inputs } => {
                let request = ResourceRequest { source, params, version, volume, inputs };
                let request = serde_json::to_string(&request).map_err(json)?;
                (Machine::Resource(resource), MachineInput::Resource { operation, request })
            }
            Work::Action { plugin, name, input } => {
                (Machine::Action(plugin), MachineInput::Action { name, input: input.to_string() })
            }
            Work::Read { uri } => {
                return Err(errored(&format!("bug: {uri:?} is no work for a plugin"), false));
            }
        })
    }

    /// Fills a volume from the nearest workspace that has the cache. The run's own is lent; of what
    /// is inherited, there is a copy.
    async fn cache_restore(&self, key: &str, volume: &str) -> Result<(), VolumeError> {
        let volumes = &self.parts.volumes;
        let mut is_own = true;
        for workspace in &self.workspaces {
            let scope = CacheScope { pipeline: self.pipeline, workspace: *workspace };
            let is_filled = match std::mem::take(&mut is_own) {
                true => volumes.cache_restore(scope, key, self.run, volume).await?,
                false => volumes.cache_copy(scope, key, self.run, volume).await?,
            };
            if is_filled {
                break;
            }
        }
        Ok(())
    }

    async fn call(
        &self,
        machine: &Machine,
        input: MachineInput,
        made_by: Arc<str>,
        log: &Arc<dyn LogSink>,
    ) -> Result<MachineStep, PluginError> {
        self.parts
            .plugins
            .machine_call(MachineCall {
                machine: machine.clone(),
                input,
                made_by,
                run: Some(self.run),
                step: Some((self.step, self.path.to_string())),
                attempt: self.number,
                at: self.parts.clock.now(),
                log: Some(Arc::clone(log)),
            })
            .await
    }
}

/// Returns how an attempt ends that is stopped so.
pub(super) fn stopped(stop: Option<&Stop>) -> AttemptEnd {
    match stop {
        Some(Stop::Cancel { by } | Stop::Kill { by }) => AttemptEnd::Cancelled { by: by.clone() },
        Some(Stop::Drain) | None => {
            AttemptEnd::Abandoned { message: "the server stopped while it was running".into() }
        }
    }
}

fn ended_as(ending: Option<Ending>) -> AttemptEnd {
    ending.map_or_else(|| stopped(None), |ending| ending.end)
}

fn finished(outcome: Outcome) -> AttemptEnd {
    let Outcome { status, message, retryable, output } = outcome;
    let value: Arc<str> = output.to_string().into();
    if value.len() > OUTPUT_BYTES_MAX {
        let size = value.len();
        return errored(
            &format!("the output has {size} bytes; the limit is {OUTPUT_BYTES_MAX}"),
            false,
        );
    }
    let message = |or: &str| -> Arc<str> { message.as_deref().unwrap_or(or).into() };
    match status {
        Status::Succeeded => AttemptEnd::Succeeded { value },
        Status::Failed => AttemptEnd::Failed { message: message("failed"), retryable, value },
        Status::Skipped => AttemptEnd::Skipped,
        // How time and people end an attempt is the kernel's to say, not the plugin's.
        Status::Errored | Status::TimedOut | Status::Cancelled => {
            AttemptEnd::Errored { message: message("errored"), retryable }
        }
    }
}

fn refused(err: &PluginError) -> AttemptEnd {
    match err {
        PluginError::Said { code, message, .. } if code == "abandoned" => {
            AttemptEnd::Abandoned { message: message.as_str().into() }
        }
        err => errored(&chain(err), err.is_retryable()),
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
