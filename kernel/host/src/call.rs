//! One call: a fresh instance, its limits, and what comes of it.

mod trial;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::log::LogSink;
use kernel_ports::plugin::{Effect, PluginError, PluginKind};
use kernel_ports::plugin_admin::Denial;
use wasmtime::component::{
    ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower, ResourceTable,
};
use wasmtime::{Engine, Result, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::abi;
use crate::bindings::types;
use crate::builder::Services;
use crate::capability::tcp::Moved;
use crate::fault::{Failed, Stop, classify, clip, clip_message, deadline, printable};
use crate::figures::Cost;
use crate::grant;
use crate::invocation::{Answer, Invocation};
use crate::limits::{Held, Meter};
use crate::places::{Crowded, Place};
use crate::plugin::{Loaded, Plugin};
use crate::warm::Ready;
use crate::wasi::{self, Stderr, Still};

pub(crate) use trial::{Trial, Untried, try_out};

/// How much is kept of what a guest was refused.
const DENIED_BYTES: usize = 512;

/// What host functions know of the call that they serve.
pub(crate) struct CallState {
    wasi: WasiCtx,
    stderr: Stderr,
    /// The clock of a language, which stands still.
    clock: Option<Arc<Still>>,
    meter: Meter,
    pub(crate) table: ResourceTable,
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) services: Arc<Services>,
    pub(crate) facts: Facts,
    /// When the call will be stopped.
    pub(crate) ends_at: Time,
    pub(crate) effects: Vec<Effect>,
    pub(crate) held: Held,
    pub(crate) output_bytes: usize,
    pub(crate) log_lines: u32,
    pub(crate) requests: u32,
    pub(crate) secrets: u32,
    /// Values that the guest got to see.
    pub(crate) revealed: Vec<String>,
    /// Uploads that have not ended.
    pub(crate) uploads: u32,
    pub(crate) moved: Moved,
    pub(crate) api_calls: u32,
    /// Whether the guest used anything of the contract.
    has_asked: bool,
    /// The last thing that was refused for want of a grant.
    denied: Option<Denied>,
    function: &'static str,
    /// When the guest began to work.
    instantiated_at: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Denied {
    capability: String,
    way_out: String,
}

/// Where in a run a call belongs.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    pub(crate) run: Option<RunId>,
    pub(crate) step_path: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) at: Time,
    pub(crate) log: Option<Arc<dyn LogSink>>,
    /// Among the calls at a time. None: in a trial.
    pub(crate) place: Option<Arc<Place>>,
}

impl Facts {
    /// Does what may call plugins, without the place of this call meanwhile.
    pub(crate) async fn outside<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> std::result::Result<T, types::Error> {
        let Some(place) = &self.place else { return Ok(work.await) };
        place.without(work).await.map_err(|Crowded| {
            error("unavailable", "too many calls wait for others at this moment; try again")
        })
    }
}

/// What came of a call, and what it has cost.
pub(crate) struct Called {
    pub(crate) result: Result<(Answer, Vec<Effect>), PluginError>,
    pub(crate) began_at: Instant,
    /// Without the time in the queue.
    pub(crate) cost: Cost,
}

impl CallState {
    pub(crate) fn new(
        plugin: Arc<Plugin>,
        services: Arc<Services>,
        facts: Facts,
        (function, limit_ms): (&'static str, u64),
    ) -> Self {
        // A language must give the same commands for the same journal.
        let is_language = plugin.info.kinds.contains(&PluginKind::Language);
        let clock = is_language.then(|| Still::at(facts.at));
        let (wasi, stderr) = wasi::context(clock.as_ref());
        let mut table = ResourceTable::new();
        table.set_max_capacity(services.limits.resources);
        Self {
            wasi,
            stderr,
            clock,
            meter: Meter::new(&services.limits),
            table,
            ends_at: services.clock.now().plus_ms(limit_ms),
            plugin,
            services,
            facts,
            effects: Vec::new(),
            held: Held::default(),
            output_bytes: 0,
            log_lines: 0,
            requests: 0,
            secrets: 0,
            revealed: Vec::new(),
            uploads: 0,
            moved: Moved::default(),
            api_calls: 0,
            has_asked: false,
            denied: None,
            function,
            instantiated_at: None,
        }
    }

    /// Makes the state of an instance that has started ahead that of a call.
    fn begin(
        &mut self,
        services: &Arc<Services>,
        facts: Facts,
        (function, limit_ms): (&'static str, u64),
    ) {
        // It waited for a call of any project.
        self.services = Arc::clone(services);
        if let Some(clock) = &self.clock {
            clock.set(facts.at);
        }
        self.ends_at = self.services.clock.now().plus_ms(limit_ms);
        self.facts = facts;
        self.function = function;
    }

    /// Notes that the guest uses something of the contract.
    pub(crate) fn asked(&mut self) -> &mut Self {
        self.has_asked = true;
        self
    }

    /// Returns whether the guest asked for nothing yet that belongs to a call.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.has_asked && self.clock.as_ref().is_none_or(|clock| !clock.was_read())
    }

    /// Returns what the guest has printed as its errors.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Returns what the memories of the guest have taken.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.meter.memory_bytes()
    }

    /// Notes that something was refused, and returns the contract's error for it.
    pub(crate) fn deny(&mut self, capability: &str, wish: Option<&str>) -> types::Error {
        let way_out = self.plugin.grants.way_out(capability, wish);
        self.deny_because(grant::name(capability, wish), way_out)
    }

    /// As [`Self::deny`], where the way out is another one.
    pub(crate) fn deny_because(&mut self, capability: String, way_out: String) -> types::Error {
        // The guest has chosen most of it, and it is kept.
        let capability = clip(printable(&capability), DENIED_BYTES);
        let way_out = clip(printable(&way_out), 2 * DENIED_BYTES);
        let message = format!("{capability} is not granted; {way_out}");
        self.plugin.ledger.denial(Denial {
            at: self.services.clock.now(),
            binding: self.plugin.name.to_string(),
            function: self.function,
            run: self.facts.run,
            asked: capability.clone(),
            way_out: way_out.clone(),
            count: 1,
            is_lifted: false,
        });
        self.denied = Some(Denied { capability, way_out });
        error("denied", message)
    }
}

/// Returns an error of the contract.
pub(crate) fn error(code: &str, message: impl Into<String>) -> types::Error {
    types::Error {
        code: code.to_owned(),
        message: clip_message(message.into()),
        retry_after_ms: None,
        detail: Vec::new(),
    }
}

impl types::Host for CallState {}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Calls a plugin once: in an instance that waited, or in one that is started for it.
///
/// The call runs in the caller's task: a hop to another one would cost more than the call itself.
/// Panics of host functions are caught, and a busy guest gives way at each tick of the engine.
pub(crate) async fn call(
    engine: &Engine,
    plugin: &Arc<Plugin>,
    loaded: &Loaded,
    services: &Arc<Services>,
    (kind, invocation): (PluginKind, Invocation<'_>),
    facts: Facts,
    ready: Option<Ready>,
) -> Called {
    let began_at = Instant::now();
    let function = invocation.function();
    let limit_ms = match invocation {
        Invocation::Compile { .. } => services.limits.compile_ms,
        Invocation::Ask { .. } | Invocation::Handle { .. } => services.limits.answer_ms,
        Invocation::Drive { .. }
        | Invocation::Request { .. }
        | Invocation::Action { .. }
        | Invocation::Resume { .. }
        | Invocation::Cancel { .. }
        | Invocation::Migrate { .. } => services.limits.call_ms,
    };
    let index = match invocation {
        Invocation::Migrate { .. } => loaded.migration.as_ref(),
        _ => loaded.function(kind, function),
    };
    let Some(index) = index else {
        let message = format!("it has no function {function:?}");
        let result = Err(PluginError::Link { plugin: plugin.name.to_string(), message });
        return Called { result, began_at, cost: Cost::default() };
    };
    if limit_ms == 0 {
        // What answers within its first turn would slip through.
        let failed = Failed { plugin: &plugin.name, function, limit_ms, stderr: "" };
        return Called { result: Err(deadline(failed)), began_at, cost: Cost::default() };
    }
    let bytes_in = invocation.bytes() as u64;
    let limit = (function, limit_ms);
    let hard_end = began_at + 2 * Duration::from_millis(limit_ms);
    let was_ready = ready.is_some();
    let (mut store, instance) = match ready {
        Some(Ready { mut store, instance, .. }) => {
            store.data_mut().begin(services, facts, limit);
            stop_at(&mut store, hard_end);
            (store, Some(instance))
        }
        None => {
            let (plugin, services) = (Arc::clone(plugin), Arc::clone(services));
            (store(engine, CallState::new(plugin, services, facts, limit), hard_end), None)
        }
    };
    let work = run(&mut store, instance, loaded, index, invocation);
    let work = AssertUnwindSafe(work).catch_unwind();
    let finished = tokio::time::timeout(Duration::from_millis(limit_ms), work).await;
    let ended_at = Instant::now();
    // Whatever happened, this instance is not used again.
    let state = store.into_data();
    let instantiated_at = state.instantiated_at.unwrap_or(ended_at);
    let mut cost = Cost {
        instantiate: instantiated_at.saturating_duration_since(began_at),
        run: ended_at.saturating_duration_since(instantiated_at),
        memory_bytes: state.memory_bytes(),
        bytes_in,
        was_ready,
        ..Cost::default()
    };
    let result = match finished {
        Ok(Ok(Ok(Ok(answer)))) => {
            cost.bytes_out = answer.bytes() as u64;
            Ok((answer, state.effects))
        }
        finished => Err(failure(finished, state, limit_ms)),
    };
    Called { result, began_at, cost }
}

/// How a call ended: in time, without a panic of the host, without a trap, without an error.
type Finished =
    Result<std::thread::Result<Result<Result<Answer, abi::Error>>>, tokio::time::error::Elapsed>;

/// Returns why there is no answer.
fn failure(finished: Finished, state: CallState, limit_ms: u64) -> PluginError {
    let (plugin, function) = (&*state.plugin.name, state.function);
    let name = || plugin.to_owned();
    let stderr = state.stderr.text();
    let failed = Failed { plugin, function, limit_ms, stderr: &stderr };
    let (failure, may_be_denial) = match finished {
        Ok(Ok(Ok(Ok(_)))) => {
            let message = "a good answer was taken for a failure (a bug in Tenon)".to_owned();
            (PluginError::Host { plugin: name(), message }, false)
        }
        Ok(Ok(Ok(Err(said)))) => {
            let is_denial = said.code == "denied";
            (self::said(name(), said), is_denial)
        }
        Ok(Ok(Err(err))) => {
            let failure = classify(&err, failed);
            // A guest that insists on what it was refused usually panics.
            let is_denial =
                matches!(failure, PluginError::Trap { .. } | PluginError::Denied { .. });
            (failure, is_denial)
        }
        Ok(Err(panic)) => {
            let message = panic_message(&*panic);
            tracing::error!(plugin, function, message, "host function panicked");
            let message = format!("a host function panicked (a bug in Tenon): {message}");
            (PluginError::Host { plugin: name(), message }, false)
        }
        Err(_) => (deadline(failed), false),
    };
    match state.denied {
        Some(Denied { capability, way_out }) if may_be_denial => {
            PluginError::Denied { plugin: name(), capability, way_out }
        }
        _ => failure,
    }
}

/// Returns where an instance lives, with its limits.
pub(crate) fn store(engine: &Engine, state: CallState, hard_end: Instant) -> Store<CallState> {
    let hostcall_bytes = state.services.limits.hostcall_bytes;
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.meter);
    store.set_hostcall_fuel(hostcall_bytes);
    stop_at(&mut store, hard_end);
    store
}

fn stop_at(store: &mut Store<CallState>, hard_end: Instant) {
    store.set_epoch_deadline(1);
    // Giving way lets the timeout end the call. Should that ever not come, the guest is stopped
    // here, at twice the time.
    store.epoch_deadline_callback(move |_| {
        Ok(if Instant::now() >= hard_end {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Yield(1)
        })
    });
}

async fn run(
    store: &mut Store<CallState>,
    ready: Option<Instance>,
    loaded: &Loaded,
    index: &ComponentExportIndex,
    invocation: Invocation<'_>,
) -> Result<Result<Answer, abi::Error>> {
    let instance = match ready {
        Some(instance) => instance,
        None => {
            let began = Instant::now();
            let instance = loaded.pre.instantiate_async(&mut *store).await?;
            store.data().plugin.starts.measured(began.elapsed());
            instance
        }
    };
    store.data_mut().instantiated_at = Some(Instant::now());
    let instance = &instance;
    Ok(match invocation {
        Invocation::Compile { request } => {
            invoke(store, instance, index, (request,)).await?.map(Answer::Compiled)
        }
        Invocation::Drive { plan, state, events } => {
            invoke(store, instance, index, (plan, state, events)).await?.map(Answer::Driven)
        }
        Invocation::Request { request, .. } => {
            invoke(store, instance, index, (request,)).await?.map(Answer::Step)
        }
        Invocation::Action { name, input } => {
            invoke(store, instance, index, (name, input)).await?.map(Answer::Step)
        }
        Invocation::Resume { state, event } => {
            invoke(store, instance, index, (state, event)).await?.map(Answer::Step)
        }
        Invocation::Cancel { state, grace_ms } => {
            invoke(store, instance, index, (state, grace_ms)).await?.map(Answer::Step)
        }
        Invocation::Ask { request, .. } => {
            invoke(store, instance, index, (request,)).await?.map(Answer::Text)
        }
        Invocation::Handle { head, body } => {
            invoke(store, instance, index, (head, body)).await?.map(Answer::Response)
        }
        Invocation::Migrate { from, state } => {
            invoke(store, instance, index, (from, state)).await?.map(Answer::State)
        }
    })
}

async fn invoke<Params, Good>(
    store: &mut Store<CallState>,
    instance: &Instance,
    index: &ComponentExportIndex,
    params: Params,
) -> Result<Result<Good, abi::Error>>
where
    Params: ComponentNamedList + Lower + Send + Sync,
    Good: Lift + Send + Sync + 'static,
    (Result<Good, abi::Error>,): ComponentNamedList + Lift,
{
    let function = instance
        .get_typed_func::<Params, (Result<Good, abi::Error>,)>(&mut *store, index)
        .map_err(|err| Stop::Link { message: format!("{err:#}") })?;
    let (result,) = function.call_async(&mut *store, params).await?;
    Ok(result)
}

fn said(plugin: String, said: abi::Error) -> PluginError {
    let detail = said.detail.len();
    tracing::debug!(plugin, code = said.code, detail, "plugin answered with an error");
    PluginError::Said {
        plugin,
        code: clip(said.code, 64),
        message: clip_message(said.message),
        retry_after_ms: said.retry_after_ms,
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
