//! Compiles plugins again, with the optimizer, while they serve.
//!
//! A plugin that is new serves as soon as there is machine code for it. Better code is made on a
//! thread of its own, one plugin after the other, and takes the place of the first between two
//! calls.
//!
//! Invariants:
//! - A plugin's calls never wait for this, and do not notice it but by their speed.
//! - A plugin that cannot be optimized serves as it is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use rustix::process::nice;
use tokio::sync::watch;

use crate::cache::Cache;
use crate::engine::{Engines, Tier};
use crate::plugin::Plugin;

/// Whatever else the machine has to do comes first.
const NICE: i32 = 10;

/// Has plugins optimized.
pub(crate) struct Optimizer {
    engines: Arc<Engines>,
    cache: Arc<Cache>,
    /// Orders that were not done yet.
    open: watch::Sender<usize>,
    /// To the thread, which starts with the first order. None: it could not.
    orders: OnceLock<Option<Sender<Weak<Plugin>>>>,
}

impl Optimizer {
    pub(crate) fn new(engines: &Arc<Engines>, cache: &Arc<Cache>) -> Self {
        Self {
            engines: Arc::clone(engines),
            cache: Arc::clone(cache),
            open: watch::Sender::new(0),
            orders: OnceLock::new(),
        }
    }

    /// Has better code made for a plugin, once.
    pub(crate) fn order(&self, plugin: &Arc<Plugin>) {
        if !plugin.is_first_order() {
            return;
        }
        if let Some(orders) = self.orders.get_or_init(|| self.start()) {
            self.open.send_modify(|open| *open += 1);
            if orders.send(Arc::downgrade(plugin)).is_err() {
                self.open.send_modify(|open| *open -= 1);
            }
        }
    }

    /// Waits until no order is open.
    pub(crate) async fn idle(&self) {
        // The sender is here, so it cannot be gone.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    fn start(&self) -> Option<Sender<Weak<Plugin>>> {
        let (orders, inbox) = mpsc::channel();
        let (engines, cache) = (Arc::clone(&self.engines), Arc::clone(&self.cache));
        let open = self.open.clone();
        // It ends by itself once nobody can order any more.
        let thread = thread::Builder::new().name("plugin-optimizer".to_owned());
        let started = thread.spawn(move || serve(&inbox, &engines, &cache, &open));
        if let Err(err) = &started {
            tracing::warn!(err = %err, "plugins stay as they were compiled first");
        }
        started.ok().map(|_| orders)
    }
}

fn serve(
    inbox: &Receiver<Weak<Plugin>>,
    engines: &Engines,
    cache: &Cache,
    open: &watch::Sender<usize>,
) {
    // Without it, calls share the cores with this.
    let _ = nice(NICE);
    for order in inbox {
        // What was replaced meanwhile is not worth it.
        if let Some(plugin) = order.upgrade() {
            // The optimizer is large, and what it is given hostile.
            let work = AssertUnwindSafe(|| optimize(&plugin, engines, cache));
            if catch_unwind(work).is_err() {
                tracing::error!(
                    plugin = &*plugin.name,
                    digest = &*plugin.digest,
                    "the optimizer failed; the plugin serves on as it was compiled first"
                );
            }
        }
        open.send_modify(|open| *open -= 1);
    }
}

fn optimize(plugin: &Plugin, engines: &Engines, cache: &Cache) {
    let Some(loaded) = plugin.loaded.get() else { return };
    if loaded.load().tier == Tier::Optimized {
        return;
    }
    match plugin.optimize(engines, cache) {
        Ok(better) => {
            loaded.store(Arc::new(better));
            tracing::debug!(plugin = &*plugin.name, digest = &*plugin.digest, "plugin optimized");
        }
        Err(err) => tracing::warn!(
            plugin = &*plugin.name,
            err = err.to_string(),
            "plugin serves on as it was compiled first"
        ),
    }
}
