//! The ports that the host implements: plugins and fetching.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use kernel_ports::fetch::{Fetch, FetchError};
use kernel_ports::plugin::{
    CompiledSource, Diagnostic, DriveCall, Driven, GatewayAnswer, GatewayCall, IdentityWay,
    MachineCall, MachineInput, MachineStep, PluginCall, PluginError, PluginInfo, PluginKind,
    Plugins,
};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use wit_envelope::language::CompileRequest;
use wit_envelope::machine::{Outcome, Status};
use wit_envelope::resource::{Operation, ResourceDescription};

use crate::abi;
use crate::builder::Host;
use crate::call::{Called, Facts, Trial, Untried, call, try_out};
use crate::engine::{Engines, Tier};
use crate::failure_policy::{Failure, failed};
use crate::fault::clip;
use crate::fetch::{REDIRECTS, fetch};
use crate::figures::{Class, Cost, Function};
use crate::identity;
use crate::invocation::{Answer, Invocation};
use crate::optimizer::Optimizer;
use crate::plugin::{LoadError, Loaded, Plugin};
use crate::state;
use crate::ticker::Ticker;
use crate::warm::Warmer;

/// The contract's limit on what a step gives, and room for the rest of the outcome.
const OUTCOME_BYTES: usize = 1024 * 1024 + 64 * 1024;
/// The contract's limit on remarks is the reader's patience.
const DIAGNOSTICS: usize = 1_000;

/// What exists once the first call was made.
pub(crate) struct Running {
    engines: Arc<Engines>,
    ticker: Arc<Ticker>,
    pub(crate) warmer: Warmer,
    pub(crate) optimizer: Optimizer,
}

/// Why a plugin cannot be called.
pub(crate) enum Unready {
    Engine(PluginError),
    Compile(String),
    Link(String),
}

impl Host {
    fn running(&self, plugin: &str) -> Result<&Running, PluginError> {
        let start = || {
            let engines = Engines::start(&self.own.limits).map_err(|err| format!("{err:#}"))?;
            let engines = Arc::new(engines);
            let ticker = Ticker::start(&engines.serving).map_err(|err| err.to_string())?;
            let ticker = Arc::new(ticker);
            let warmer = Warmer::new(&engines.serving, &self.own, &ticker);
            let optimizer = Optimizer::new(&engines, &self.cache);
            Ok(Running { engines, ticker, warmer, optimizer })
        };
        self.running.get_or_init(start).as_ref().map_err(|err: &String| PluginError::Host {
            plugin: plugin.to_owned(),
            message: format!("the engine could not be started: {err}"),
        })
    }

    pub(crate) async fn loaded(&self, plugin: &Arc<Plugin>) -> Result<Arc<Loaded>, PluginError> {
        self.ready(plugin).await.map_err(|unready| match unready {
            Unready::Engine(err) => err,
            Unready::Compile(message) | Unready::Link(message) => {
                PluginError::Link { plugin: plugin.name.to_string(), message }
            }
        })
    }

    /// Makes a plugin ready for calls, if it is not.
    pub(crate) async fn ready(&self, plugin: &Arc<Plugin>) -> Result<Arc<Loaded>, Unready> {
        let running = self.running(&plugin.name).map_err(Unready::Engine)?;
        let load = || async {
            let (engines, cache) = (Arc::clone(&running.engines), Arc::clone(&self.cache));
            let plugin = Arc::clone(plugin);
            match tokio::task::spawn_blocking(move || plugin.load(&engines, &cache)).await {
                Ok(Ok(loaded)) => Ok(ArcSwap::from_pointee(loaded)),
                Ok(Err(err @ LoadError::Compile(_))) => Err(Unready::Compile(err.to_string())),
                Ok(Err(err @ LoadError::Link(_))) => Err(Unready::Link(err.to_string())),
                // The compiler met something that it cannot do.
                Err(err) => Err(Unready::Compile(format!("the compiler failed: {err}"))),
            }
        };
        let loaded = plugin.loaded.get_or_try_init(load).await?.load_full();
        if loaded.tier == Tier::Baseline {
            running.optimizer.order(plugin);
        }
        Ok(loaded)
    }

    /// Tries a plugin out, under the limits of every call.
    pub(crate) async fn tried(
        &self,
        plugin: &Arc<Plugin>,
        loaded: &Loaded,
        trial: Trial,
    ) -> Result<(), Untried> {
        let running = self
            .running(&plugin.name)
            .map_err(|err| Untried { reason: err.to_string(), may_pass: true })?;
        // Changes come one by one, and the pool has room for one: a rush of calls holds none up.
        let _in_flight = running.ticker.in_flight();
        try_out(&running.engines.serving, plugin, loaded, &self.services, trial).await
    }

    /// Returns a stored state as this version of the plugin reads it.
    async fn state_open<'a>(
        &self,
        plugin: &Arc<Plugin>,
        kind: PluginKind,
        stored: &'a [u8],
        facts: &Facts,
    ) -> Result<Cow<'a, [u8]>, PluginError> {
        let (from, state) = state::open(stored);
        let to = plugin.inspected.manifest.state_version;
        if from == to {
            return Ok(Cow::Borrowed(state));
        }
        if self.loaded(plugin).await?.migration.is_none() {
            return Err(PluginError::Said {
                plugin: plugin.name.to_string(),
                code: "abandoned".to_owned(),
                message: format!(
                    "the state of the step has version {from}, and this version of the plugin \
                     reads {to} only; the step starts anew"
                ),
                retry_after_ms: None,
            });
        }
        let invocation = Invocation::Migrate { from, state };
        match self.call(plugin, kind, invocation, facts.clone()).await? {
            (Answer::State(state), _) => Ok(Cow::Owned(state)),
            _ => Err(mixed_up(plugin)),
        }
    }

    async fn call(
        &self,
        plugin: &Arc<Plugin>,
        kind: PluginKind,
        invocation: Invocation<'_>,
        facts: Facts,
    ) -> Result<(Answer, Vec<kernel_ports::plugin::Effect>), PluginError> {
        let loaded = self.loaded(plugin).await?;
        let running = self.running(&plugin.name)?;
        let function = invocation.function();
        let span = tracing::debug_span!(
            "plugin.call",
            plugin = &*plugin.name,
            digest = &*plugin.info.digest,
            kind = kind.word(),
            function,
            queue_us = Empty,
            instantiate_us = Empty,
            run_us = Empty,
            memory_bytes = Empty,
            bytes_in = Empty,
            bytes_out = Empty,
            outcome = Empty,
        );
        let asked_at = Instant::now();
        let place = Arc::new(self.places.take(plugin).await);
        let facts = Facts { place: Some(Arc::clone(&place)), ..facts };
        let _in_flight = running.ticker.in_flight();
        let figures = plugin.figures.function(kind, function);
        let _counted = figures.map(Function::begin);
        let (services, ready) = (&self.services, running.warmer.take(plugin));
        // One that waited may be of the code that served then.
        let loaded = ready.as_ref().map_or(&loaded, |ready| &ready.loaded).clone();
        let engine = &running.engines.serving;
        let called = call(engine, plugin, &loaded, services, (kind, invocation), facts, ready);
        let Called { result, began_at, mut cost } =
            if span.is_disabled() { called.await } else { called.instrument(span.clone()).await };
        cost.queue = began_at.saturating_duration_since(asked_at);
        let class = result.as_ref().map_or_else(Class::of, |_| Class::Succeeded);
        if let Some(figures) = figures {
            figures.end(class, cost);
        }
        if !span.is_disabled() {
            record(&span, cost, class);
        }
        if class == Class::Trap {
            self.trapped(plugin);
        }
        running.warmer.called(plugin);
        result
    }

    /// Returns the language in the version that the run began with, while that is kept.
    fn language(&self, drive: &DriveCall) -> Result<Arc<Plugin>, PluginError> {
        self.registry.load().language(&drive.language, &drive.digest).map(Arc::clone)
    }

    fn machine(&self, call: &MachineCall) -> Result<(PluginKind, Arc<Plugin>), PluginError> {
        let registry = self.registry.load();
        let (kind, plugin) = registry.machine(&call.machine)?;
        let older = || registry.version(&plugin.name, &call.made_by);
        let plugin = match &call.input {
            MachineInput::Resume { state, .. } | MachineInput::Cancel { state, .. }
                if !can_read(plugin, &call.made_by, state) =>
            {
                older().unwrap_or(plugin)
            }
            _ => plugin,
        };
        Ok((kind, Arc::clone(plugin)))
    }

    /// Asks a plugin once, in the version that serves now. What the kernel makes of a failure, such
    /// as trying again, is left to who asks.
    pub async fn ask(&self, call: &PluginCall) -> Result<String, PluginError> {
        let plugin = &self.bound(call.kind, &call.binding)?;
        let facts = Facts { run: call.run, at: call.at, ..Facts::default() };
        let invocation = Invocation::Ask { function: call.function, request: &call.request };
        match self.call(plugin, call.kind, invocation, facts).await? {
            (Answer::Text(answer), _) => Ok(answer),
            _ => Err(mixed_up(plugin)),
        }
    }

    fn bound(&self, kind: PluginKind, binding: &str) -> Result<Arc<Plugin>, PluginError> {
        self.registry.load().bound(kind, binding, &self.project).map(Arc::clone)
    }
}

/// Returns whether a plugin can go on with a state that the version `made_by` has given: its own,
/// one of the same declared form, or one that it migrates.
fn can_read(plugin: &Plugin, made_by: &str, state: &[u8]) -> bool {
    let reads = plugin.inspected.manifest.state_version;
    made_by.is_empty()
        || made_by == plugin.info.digest
        || (reads != 0 && state::open(state).0 == reads)
        || plugin.inspected.optional("migration").is_some()
}

fn record(span: &Span, cost: Cost, class: Class) {
    let us = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    span.record("queue_us", us(cost.queue));
    span.record("instantiate_us", us(cost.instantiate));
    span.record("run_us", us(cost.run));
    span.record("memory_bytes", cost.memory_bytes);
    span.record("bytes_in", cost.bytes_in);
    span.record("bytes_out", cost.bytes_out);
    span.record("outcome", class.word());
    tracing::debug!(parent: span, "plugin called");
}

#[async_trait]
impl Plugins for Host {
    fn plugin_list(&self) -> Vec<PluginInfo> {
        self.registry.load().plugins().map(|plugin| plugin.info.clone()).collect()
    }

    fn plugin_get(&self, name: &str) -> Option<PluginInfo> {
        self.registry.load().get(name).map(|plugin| plugin.info.clone())
    }

    fn resource_list(&self) -> Vec<ResourceDescription> {
        self.registry
            .load()
            .plugins()
            .filter_map(|plugin| plugin.inspected.manifest.resource.clone())
            .collect()
    }

    fn identity_list(&self) -> Vec<IdentityWay> {
        identity::ways(&self.registry.load())
    }

    fn default_binding(&self, kind: PluginKind) -> Option<Arc<str>> {
        self.registry.load().default_of(kind, &self.project).map(Arc::clone)
    }

    fn language_find(&self, name: Option<&str>, file_name: &str) -> Result<Arc<str>, PluginError> {
        let registry = self.registry.load();
        let plugin = match name {
            Some(name) => registry.find(PluginKind::Language, name),
            None => registry.language_of(file_name),
        };
        plugin.map(|plugin| Arc::clone(&plugin.name))
    }

    async fn compile(
        &self,
        language: &str,
        request: &CompileRequest,
    ) -> Result<CompiledSource, PluginError> {
        let plugin = &Arc::clone(self.registry.load().find(PluginKind::Language, language)?);
        let request = json(plugin, request)?;
        let facts = Facts { at: self.services.clock.now(), ..Facts::default() };
        let invocation = Invocation::Compile { request: &request };
        let (answer, _) = self.call(plugin, PluginKind::Language, invocation, facts).await?;
        let Answer::Compiled(answer) = answer else { return Err(mixed_up(plugin)) };
        let diagnostics: Vec<Diagnostic> =
            answer.diagnostics.into_iter().take(DIAGNOSTICS).map(diagnostic).collect();
        let compiled = match answer.plan {
            Some(plan) => Some(parse(plugin, "plan", &plan)?),
            None => None,
        };
        if compiled.is_none() && !diagnostics.iter().any(|d| d.is_error) {
            let message = "it gave neither a plan nor an error".to_owned();
            return Err(PluginError::Answer { plugin: plugin.name.to_string(), message });
        }
        // The contract: a plan only where no remark is an error.
        let compiled = compiled.filter(|_| !diagnostics.iter().any(|d| d.is_error));
        Ok(CompiledSource { compiled, diagnostics, digest: plugin.info.digest.clone() })
    }

    async fn drive(&self, drive: DriveCall) -> Result<Driven, PluginError> {
        let plugin = &self.language(&drive)?;
        let events = json(plugin, &drive.events)?;
        let facts = Facts { run: Some(drive.run), at: drive.at, ..Facts::default() };
        let (plan, state) = (&*drive.program, &*drive.state);
        let invocation = Invocation::Drive { plan, state, events: &events };
        let (answer, _) = self.call(plugin, PluginKind::Language, invocation, facts).await?;
        let Answer::Driven(answer) = answer else { return Err(mixed_up(plugin)) };
        check_size(plugin, "state", answer.state.len(), self.services.limits.language_state_bytes)?;
        let commands = parse(plugin, "commands", &answer.commands)?;
        Ok(Driven { state: answer.state.into(), commands })
    }

    async fn machine_call(&self, call: MachineCall) -> Result<MachineStep, PluginError> {
        let (kind, plugin) = &self.machine(&call)?;
        let kind = *kind;
        let facts = Facts {
            run: call.run,
            step_path: call.step.map(|(_, path)| path),
            attempt: call.attempt,
            at: call.at,
            log: call.log,
            place: None,
        };
        let migrated = match &call.input {
            MachineInput::Resume { state, .. } | MachineInput::Cancel { state, .. } => {
                self.state_open(plugin, kind, state, &facts).await?
            }
            _ => Cow::Borrowed(&[][..]),
        };
        let invocation = match &call.input {
            MachineInput::Launch { spec } => {
                Invocation::Request { function: "start", request: spec }
            }
            MachineInput::Resource { operation, request } => {
                let function = match operation {
                    Operation::Check => "check",
                    Operation::Get => "get",
                    Operation::Put => "put",
                };
                Invocation::Request { function, request }
            }
            MachineInput::Action { name, input } => Invocation::Action { name, input },
            MachineInput::Resume { kind, handle, data, .. } => {
                let (kind, handle, data) = (kind.clone(), handle.clone(), data.clone());
                let event = abi::Event { kind, handle, data };
                Invocation::Resume { state: &migrated, event }
            }
            MachineInput::Cancel { grace_ms, .. } => {
                Invocation::Cancel { state: &migrated, grace_ms: *grace_ms }
            }
        };
        check_fit(plugin, kind, &call.input)?;
        let (answer, effects) = self.call(plugin, kind, invocation, facts).await?;
        let Answer::Step(step) = answer else { return Err(mixed_up(plugin)) };
        check_size(plugin, "state", step.state.len(), self.services.limits.machine_state_bytes)?;
        let done = match step.done {
            Some(done) => Some(outcome(plugin, &done)?),
            None => None,
        };
        let state = state::seal(plugin.inspected.manifest.state_version, step.state);
        let (state, wake_after_ms) = (state.into(), step.wake_after_ms);
        let made_by = Arc::clone(&plugin.digest);
        Ok(MachineStep { done, state, made_by, wake_after_ms, effects })
    }

    async fn plugin_call(&self, call: PluginCall) -> Result<String, PluginError> {
        let mut tries = 0;
        loop {
            let err = match self.ask(&call).await {
                Ok(answer) => return Ok(answer),
                Err(err) => err,
            };
            tries += 1;
            match failed(call.kind, call.function, &err, tries) {
                Failure::Told => return Err(err),
                Failure::Answered(answer) => {
                    tracing::warn!(
                        kind = call.kind.word(),
                        "a failed call counts as a miss: {err}"
                    );
                    return Ok(answer.to_owned());
                }
                Failure::Again(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    async fn gateway_call(&self, call: GatewayCall) -> Result<GatewayAnswer, PluginError> {
        let plugin = &self.bound(PluginKind::Gateway, &call.binding)?;
        let facts = Facts { at: call.at, ..Facts::default() };
        let invocation = Invocation::Handle { head: &call.head, body: &call.body };
        match self.call(plugin, PluginKind::Gateway, invocation, facts).await? {
            (Answer::Response(abi::Response { head, body }), _) => Ok(GatewayAnswer { head, body }),
            _ => Err(mixed_up(plugin)),
        }
    }
}

#[async_trait]
impl Fetch for Host {
    async fn fetch(&self, url: &str, bytes_max: usize) -> Result<String, FetchError> {
        fetch(&self.services.egress, url, bytes_max, REDIRECTS).await
    }

    async fn fetch_here(&self, url: &str, bytes_max: usize) -> Result<String, FetchError> {
        fetch(&self.services.egress, url, bytes_max, 0).await
    }
}

/// Checks that the input is one for this kind of machine: their functions are called alike.
fn check_fit(plugin: &Plugin, kind: PluginKind, input: &MachineInput) -> Result<(), PluginError> {
    let fits = match input {
        MachineInput::Launch { .. } => kind == PluginKind::Launcher,
        MachineInput::Resource { .. } => kind == PluginKind::Resource,
        MachineInput::Action { .. } => kind == PluginKind::Action,
        MachineInput::Resume { .. } | MachineInput::Cancel { .. } => true,
    };
    if fits { Ok(()) } else { Err(mixed_up(plugin)) }
}

fn outcome(plugin: &Plugin, text: &str) -> Result<Outcome, PluginError> {
    check_size(plugin, "outcome", text.len(), OUTCOME_BYTES)?;
    let outcome: Outcome = parse(plugin, "outcome", text)?;
    match outcome.status {
        Status::Succeeded | Status::Failed | Status::Errored => Ok(outcome),
        Status::TimedOut | Status::Cancelled | Status::Skipped => Err(PluginError::Answer {
            plugin: plugin.name.to_string(),
            message: "its outcome has a status that only the kernel can give".to_owned(),
        }),
    }
}

fn diagnostic(d: abi::Diagnostic) -> Diagnostic {
    Diagnostic {
        // An unknown severity is taken for the worse one.
        is_error: d.severity != "warning",
        code: clip(d.code, 100),
        message: clip(d.message, 4 * 1024),
        line: d.line,
        column: d.column,
        hint: d.hint.map(|hint| clip(hint, 4 * 1024)),
    }
}

fn check_size(plugin: &Plugin, what: &str, size: usize, limit: usize) -> Result<(), PluginError> {
    if size <= limit {
        return Ok(());
    }
    let message = format!("its {what} has {size} bytes, more than {limit}");
    Err(PluginError::Limit { plugin: plugin.name.to_string(), message })
}

fn parse<T: serde::de::DeserializeOwned>(
    plugin: &Plugin,
    what: &str,
    text: &str,
) -> Result<T, PluginError> {
    serde_json::from_str(text).map_err(|err| PluginError::Answer {
        plugin: plugin.name.to_string(),
        message: format!("its {what} is not what the contract says: {err}"),
    })
}

fn json<T: serde::Serialize>(plugin: &Plugin, value: &T) -> Result<String, PluginError> {
    serde_json::to_string(value).map_err(|err| PluginError::Host {
        plugin: plugin.name.to_string(),
        message: format!("its input could not be written as JSON: {err}"),
    })
}

fn mixed_up(plugin: &Plugin) -> PluginError {
    PluginError::Host {
        plugin: plugin.name.to_string(),
        message: "a function was called with the input of another (a bug in Tenon)".to_owned(),
    }
}
