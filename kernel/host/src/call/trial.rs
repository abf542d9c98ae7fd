//! Tries a plugin out before it serves: it starts, and its own test says yes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_ports::plugin::PluginError;
use wasmtime::component::{ComponentExportIndex, Instance};
use wasmtime::{Engine, Result, Store};

use super::{CallState, Denied, Facts, store};
use crate::abi;
use crate::builder::Services;
use crate::fault::{Failed, Stop, classify, deadline};
use crate::plugin::{Loaded, Plugin};

/// How far a trial goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// An instance starts. A plugin has no say in what is taken away from it.
    Start,
    /// And the plugin's own test (`selftest`) says yes, if it has one.
    SelfTest,
}

/// Why a plugin did not pass.
#[derive(Debug)]
pub(crate) struct Untried {
    /// The end of a sentence about the plugin.
    pub(crate) reason: String,
    /// Whether a machine that is less busy may see another result.
    pub(crate) may_pass: bool,
}

impl Untried {
    fn for_good(reason: String) -> Self {
        Self { reason, may_pass: false }
    }

    fn of(err: &PluginError, has_started: bool) -> Self {
        let may_pass = matches!(err, PluginError::Deadline { .. } | PluginError::Host { .. });
        Self { reason: told(err, has_started), may_pass }
    }
}

/// Starts an instance and runs its own test.
pub(crate) async fn try_out(
    engine: &Engine,
    plugin: &Arc<Plugin>,
    loaded: &Loaded,
    services: &Arc<Services>,
    trial: Trial,
) -> Result<(), Untried> {
    let limit_ms = services.limits.call_ms;
    let limit = Duration::from_millis(limit_ms);
    let check = loaded.selftest.as_ref().filter(|_| trial == Trial::SelfTest);
    let (plugin, services) = (Arc::clone(plugin), Arc::clone(services));
    let state = CallState::new(plugin, services, Facts::default(), ("check", limit_ms));
    let mut store = store(engine, state, Instant::now() + 2 * limit);
    let mut has_started = false;
    let work = async {
        let began = Instant::now();
        let instance = loaded.pre.instantiate_async(&mut store).await?;
        store.data().plugin.starts.measured(began.elapsed());
        has_started = true;
        match check {
            Some(check) => check_call(&mut store, &instance, check).await,
            None => Ok(Ok(())),
        }
    };
    let finished = tokio::time::timeout(limit, work).await;
    let state = store.into_data();
    let stderr = state.stderr();
    let failed =
        Failed { plugin: &state.plugin.name, function: "check", limit_ms, stderr: &stderr };
    let denied = |Denied { capability, way_out }: &Denied| {
        let what = if has_started { "its own test" } else { "its start" };
        // What is not there yet can be granted along with its installation only.
        let way_out = match trial {
            Trial::Start => way_out.as_str(),
            Trial::SelfTest => "allow it with --grant, or with --grant-all",
        };
        let text = format!("{what} needs `{capability}`, which is not granted; {way_out}");
        Untried::for_good(text)
    };
    match (finished, &state.denied) {
        (Ok(Ok(Ok(()))), _) => Ok(()),
        (Ok(Ok(Err(said))), Some(what)) if said.code == "denied" => Err(denied(what)),
        (Ok(Ok(Err(said))), _) => Err(Untried::for_good(format!(
            "its own test says no: {} ({})",
            crate::fault::clip_message(said.message),
            crate::fault::clip(said.code, 64)
        ))),
        // A guest that insists on what it was refused usually panics.
        (Ok(Err(_)), Some(what)) => Err(denied(what)),
        (Ok(Err(err)), None) => Err(Untried::of(&classify(&err, failed), has_started)),
        (Err(_), _) => Err(Untried::of(&deadline(failed), has_started)),
    }
}

async fn check_call(
    store: &mut Store<CallState>,
    instance: &Instance,
    check: &ComponentExportIndex,
) -> Result<Result<(), abi::Error>> {
    let function = instance
        .get_typed_func::<(), (Result<(), abi::Error>,)>(&mut *store, check)
        .map_err(|err| Stop::Link { message: format!("{err:#}") })?;
    let (result,) = function.call_async(&mut *store, ()).await?;
    Ok(result)
}

/// Returns the message of an error without the name of its plugin, which is said already.
fn told(err: &PluginError, has_started: bool) -> String {
    let what = if has_started { "its own test" } else { "it" };
    match err {
        PluginError::Trap { message, .. } if has_started => {
            format!("its own test crashed: {message}")
        }
        PluginError::Trap { message, .. } => format!("it crashed at its start: {message}"),
        PluginError::Limit { message, .. } => {
            format!("{what} was stopped at its limit: {message}")
        }
        PluginError::Deadline { limit_ms, .. } if has_started => {
            format!("its own test did not end within {limit_ms} ms")
        }
        PluginError::Deadline { limit_ms, .. } => {
            format!("it did not start within {limit_ms} ms")
        }
        PluginError::Host { message, .. } | PluginError::Link { message, .. } => message.clone(),
        err => err.to_string(),
    }
}
