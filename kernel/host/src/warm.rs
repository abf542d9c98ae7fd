//! Instances that are started ahead of the calls that will use them, for plugins that start slowly.
//!
//! What is slow is measured, not claimed: a plugin whose instances take longer than [`SLOW`] to
//! start (those of interpreters do) gets a few in advance, started while nobody waits.
//!
//! Invariants:
//! - Each instance serves one call, as one that is started for it: nothing goes from call to call.
//! - An instance that asked for anything while it started is thrown away, and its plugin is never
//!   warm again: what is asked for belongs to a call.
//! - Their number and their memory are bounded, over all plugins, and they take no room from calls.
//! - Only what serves now has any; a change retires those of what it replaces.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::Instance;
use wasmtime::{Engine, Store};

use crate::builder::Services;
use crate::call::CallState;
use crate::plugin::{Loaded, Plugin};
use crate::start::start_ahead;
use crate::ticker::Ticker;

/// Starts that are faster are not worth an instance that waits: one in Rust takes 5 to 15 µs.
const SLOW: Duration = Duration::from_micros(100);
/// Instances that wait, per plugin: one for the next call, one for the call during its making.
const PER_PLUGIN: usize = 2;
/// How long an instance waits for a call.
const IDLE: Duration = Duration::from_secs(60);

/// What is known of the starts of one plugin.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// The fastest that was seen, in ns; 0: none yet. The fastest, as a busy machine makes all of
    /// them slow.
    fastest_ns: AtomicU64,
    /// What an instance holds once it has started; 0: none was started ahead yet.
    memory_bytes: AtomicU64,
    /// Instances that wait.
    waiting: AtomicUsize,
    /// Whether calls reach it, and not another version in its place.
    serves: AtomicBool,
    is_ordered: AtomicBool,
    is_unfit: AtomicBool,
}

/// An instance that has started, and was not called yet.
pub(crate) struct Ready {
    /// What it is an instance of.
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) store: Store<CallState>,
    pub(crate) instance: Instance,
    made_at: Instant,
    /// Given back when the instance is gone, or counts as a call: dropped last.
    _place: OwnedSemaphorePermit,
}

/// Keeps the instances that wait, and has them made.
pub(crate) struct Warmer {
    shelf: Arc<Shelf>,
    engine: Engine,
    services: Arc<Services>,
    ticker: Arc<Ticker>,
    /// To the thread that makes them, which starts with the first order. None: it could not.
    orders: OnceLock<Option<mpsc::Sender<Weak<Plugin>>>>,
}

/// The instances that wait, of all plugins, the oldest first.
struct Shelf {
    ready: Mutex<Vec<Ready>>,
    places: Arc<Semaphore>,
    bytes_max: u64,
}

/// Makes instances, on a thread of its own.
struct Workshop {
    shelf: Arc<Shelf>,
    engine: Engine,
    services: Arc<Services>,
    ticker: Arc<Ticker>,
    runtime: tokio::runtime::Runtime,
}

impl Starts {
    /// Notes how long an instance took to start.
    pub(crate) fn measured(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let fastest = |seen: u64| (seen == 0 || time < seen).then_some(time);
        // Not changed: another one was faster.
        let _ = self.fastest_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fastest);
    }

    /// Notes whether calls reach this version.
    pub(crate) fn set_serves(&self, serves: bool) {
        self.serves.store(serves, Ordering::SeqCst);
    }

    /// Returns how many instances wait. None: it starts fast enough, or cannot be started ahead.
    pub(crate) fn waiting(&self) -> Option<usize> {
        self.is_worth_it().then(|| self.waiting.load(Ordering::SeqCst))
    }

    fn is_worth_it(&self) -> bool {
        u128::from(self.fastest_ns.load(Ordering::Relaxed)) >= SLOW.as_nanos()
            && !self.is_unfit.load(Ordering::Relaxed)
            && self.serves.load(Ordering::SeqCst)
    }

    fn is_short(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) < PER_PLUGIN
    }
}

impl Ready {
    fn plugin(&self) -> &Arc<Plugin> {
        &self.store.data().plugin
    }

    fn memory_bytes(&self) -> u64 {
        self.store.data().memory_bytes()
    }
}

impl Warmer {
    pub(crate) fn new(engine: &Engine, services: &Arc<Services>, ticker: &Arc<Ticker>) -> Self {
        let limits = &services.limits;
        let shelf = Shelf {
            ready: Mutex::default(),
            places: Arc::new(Semaphore::new(limits.warm_instances as usize)),
            bytes_max: limits.warm_bytes as u64,
        };
        Self {
            shelf: Arc::new(shelf),
            engine: engine.clone(),
            services: Arc::clone(services),
            ticker: Arc::clone(ticker),
            orders: OnceLock::new(),
        }
    }

    /// Returns an instance for a call, if one waits.
    pub(crate) fn take(&self, plugin: &Arc<Plugin>) -> Option<Ready> {
        // What starts fast never comes to the lock.
        if plugin.starts.waiting.load(Ordering::SeqCst) == 0 {
            return None;
        }
        self.shelf.take(plugin)
    }

    /// Has instances made for a plugin that was just called or put in force, if it starts slowly.
    pub(crate) fn called(&self, plugin: &Arc<Plugin>) {
        let starts = &plugin.starts;
        let limit = self.services.limits.warm_instances;
        if limit == 0 || !starts.is_worth_it() || !starts.is_short() {
            return;
        }
        if let Some(orders) = self.orders.get_or_init(|| self.open())
            && !starts.is_ordered.swap(true, Ordering::SeqCst)
        {
            // Without the thread none are made, and calls start their own.
            let _ = orders.send(Arc::downgrade(plugin));
        }
    }

    /// Drops the instances of what serves no more.
    pub(crate) fn retire(&self) {
        self.shelf.remove(|ready| !ready.plugin().starts.serves.load(Ordering::SeqCst));
    }

    fn open(&self) -> Option<mpsc::Sender<Weak<Plugin>>> {
        let (orders, inbox) = mpsc::channel();
        let opened = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(
            |runtime| {
                let workshop = Workshop {
                    shelf: Arc::clone(&self.shelf),
                    engine: self.engine.clone(),
                    services: Arc::clone(&self.services),
                    ticker: Arc::clone(&self.ticker),
                    runtime,
                };
                let name = "plugin-warmer".to_owned();
                // It ends by itself once nobody can order any more.
                thread::Builder::new().name(name).spawn(move || workshop.serve(&inbox)).map(drop)
            },
        );
        if let Err(err) = &opened {
            tracing::warn!(err = %err, "plugins that start slowly will not be started ahead");
        }
        opened.ok().map(|()| orders)
    }
}

impl Shelf {
    fn take(&self, plugin: &Arc<Plugin>) -> Option<Ready> {
        let mut ready = self.lock();
        // The oldest, so that all are used before they are too old.
        let at = ready.iter().position(|ready| Arc::ptr_eq(ready.plugin(), plugin))?;
        plugin.starts.waiting.fetch_sub(1, Ordering::SeqCst);
        Some(ready.remove(at))
    }

    /// Keeps an instance, if its plugin still serves and there is room. Else it is gone.
    fn put(&self, made: Ready) -> bool {
        let mut ready = self.lock();
        let held: u64 = ready.iter().map(Ready::memory_bytes).sum();
        let starts = &made.plugin().starts;
        // Whoever retires a plugin says so first, and locks then.
        let fits = starts.serves.load(Ordering::SeqCst)
            && held.saturating_add(made.memory_bytes()) <= self.bytes_max;
        if fits {
            starts.waiting.fetch_add(1, Ordering::SeqCst);
            ready.push(made);
        } else {
            drop(ready);
            drop(made);
        }
        fits
    }

    fn has_room(&self, memory_bytes: u64) -> bool {
        let held: u64 = self.lock().iter().map(Ready::memory_bytes).sum();
        held.saturating_add(memory_bytes) <= self.bytes_max
    }

    fn remove(&self, is_gone: impl Fn(&Ready) -> bool) {
        let gone: Vec<Ready> = {
            let mut ready = self.lock();
            let gone: Vec<Ready> = ready.extract_if(.., |ready| is_gone(ready)).collect();
            for ready in &gone {
                ready.plugin().starts.waiting.fetch_sub(1, Ordering::SeqCst);
            }
            gone
        };
        // Outside of the lock: an instance takes a while to go.
        drop(gone);
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Ready>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workshop {
    fn serve(&self, inbox: &mpsc::Receiver<Weak<Plugin>>) {
        while let Some(order) = self.next(inbox) {
            if let Some(plugin) = order.upgrade() {
                self.fill(&plugin);
            }
        }
        // Nobody can take them any more.
        self.shelf.remove(|_| true);
    }

    /// Waits for an order; while instances wait, it looks after them. None: the host is gone.
    fn next(&self, inbox: &mpsc::Receiver<Weak<Plugin>>) -> Option<Weak<Plugin>> {
        loop {
            if self.shelf.is_empty() {
                return inbox.recv().ok();
            }
            match inbox.recv_timeout(IDLE / 2) {
                Ok(order) => return Some(order),
                Err(RecvTimeoutError::Timeout) => {
                    self.shelf.remove(|ready| ready.made_at.elapsed() >= IDLE);
                }
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn fill(&self, plugin: &Arc<Plugin>) {
        let starts = &plugin.starts;
        // Calls from here on order again: they may have taken what is made now.
        starts.is_ordered.store(false, Ordering::SeqCst);
        while starts.is_worth_it() && starts.is_short() {
            let Ok(place) = Arc::clone(&self.shelf.places).try_acquire_owned() else { return };
            if !self.shelf.has_room(starts.memory_bytes.load(Ordering::Relaxed)) {
                return;
            }
            let _in_flight = self.ticker.in_flight();
            let made = self.runtime.block_on(start_ahead(&self.engine, plugin, &self.services));
            let Some((loaded, store, instance)) = made else {
                tracing::debug!(plugin = &*plugin.name, "plugin cannot be started ahead");
                starts.is_unfit.store(true, Ordering::Relaxed);
                return self.shelf.remove(|ready| Arc::ptr_eq(ready.plugin(), plugin));
            };
            let ready = Ready { loaded, store, instance, made_at: Instant::now(), _place: place };
            starts.memory_bytes.store(ready.memory_bytes(), Ordering::Relaxed);
            if !self.shelf.put(ready) {
                return;
            }
        }
        if !starts.is_worth_it() {
            // The first start was slow, as first ones may be, and the second was not.
            self.shelf.remove(|ready| Arc::ptr_eq(ready.plugin(), plugin));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Starts;

    #[test]
    fn a_plugin_is_slow_by_its_fastest_start() {
        let starts = Starts::default();
        starts.set_serves(true);
        assert_eq!(starts.waiting(), None, "nothing was measured yet");
        starts.measured(Duration::from_millis(40));
        assert_eq!(starts.waiting(), Some(0));
        starts.measured(Duration::from_micros(20));
        starts.measured(Duration::from_millis(40));
        assert_eq!(starts.waiting(), None, "the machine was busy, not the plugin slow");
    }

    #[test]
    fn what_does_not_serve_is_not_started_ahead() {
        let starts = Starts::default();
        starts.measured(Duration::from_millis(40));
        assert_eq!(starts.waiting(), None);
        starts.set_serves(true);
        assert_eq!(starts.waiting(), Some(0));
    }
}
