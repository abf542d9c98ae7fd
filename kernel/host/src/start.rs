//! Starts instances ahead of the calls that will use them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use wasmtime::component::Instance;
use wasmtime::{Engine, Store};

use crate::builder::Services;
use crate::call::{CallState, Facts, store};
use crate::plugin::{Loaded, Plugin};

/// What stands for a function while none is called.
const FUNCTION: &str = "(start)";

/// Starts an instance for a later call. None: it cannot, or it asked for something.
pub(crate) async fn start_ahead(
    engine: &Engine,
    plugin: &Arc<Plugin>,
    services: &Arc<Services>,
) -> Option<(Arc<Loaded>, Store<CallState>, Instance)> {
    let loaded = plugin.loaded.get()?.load_full();
    let mut store = fresh(engine, plugin, services);
    let limit = Duration::from_millis(services.limits.call_ms);
    let began = Instant::now();
    let start = AssertUnwindSafe(loaded.pre.instantiate_async(&mut store)).catch_unwind();
    let started = tokio::time::timeout(limit, start).await;
    let instance = started.ok()?.ok()?.ok()?;
    plugin.starts.measured(began.elapsed());
    store.data().is_untouched().then_some((loaded, store, instance))
}

fn fresh(engine: &Engine, plugin: &Arc<Plugin>, services: &Arc<Services>) -> Store<CallState> {
    let limit_ms = services.limits.call_ms;
    let (plugin, services) = (Arc::clone(plugin), Arc::clone(services));
    let state = CallState::new(plugin, services, Facts::default(), (FUNCTION, limit_ms));
    store(engine, state, Instant::now() + 2 * Duration::from_millis(limit_ms))
}
