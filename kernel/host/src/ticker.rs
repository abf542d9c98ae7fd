//! The clock that lets a busy guest be interrupted. It stands still while no call is in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// How often a busy guest gives way to others, and how exactly it is stopped.
pub(crate) const TICK: Duration = Duration::from_millis(5);
/// Ticks without a call before the thread sleeps: waking it for each of many calls would cost more.
const IDLE_TICKS: u32 = 20;

/// Advances the epoch of an engine while calls are in flight.
#[derive(Debug)]
pub(crate) struct Ticker {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    in_flight: AtomicUsize,
    asleep: AtomicBool,
    ended: AtomicBool,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let state = Arc::new(State::default());
        let (engine, shared) = (engine.weak(), Arc::clone(&state));
        let thread = thread::Builder::new().name("plugin-ticker".into()).spawn(move || {
            let mut idle = 0;
            while !shared.ended.load(Ordering::SeqCst) {
                if shared.in_flight.load(Ordering::SeqCst) > 0 {
                    idle = 0;
                } else if idle < IDLE_TICKS {
                    idle += 1;
                } else {
                    shared.asleep.store(true, Ordering::SeqCst);
                    // A call that began in between either sees `asleep` or is seen here.
                    while shared.in_flight.load(Ordering::SeqCst) == 0
                        && !shared.ended.load(Ordering::SeqCst)
                    {
                        thread::park();
                    }
                    shared.asleep.store(false, Ordering::SeqCst);
                    idle = 0;
                }
                thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { state, thread: Some(thread) })
    }

    /// Keeps the clock going until the guard is dropped.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.state.in_flight.fetch_add(1, Ordering::SeqCst);
        if self.state.asleep.load(Ordering::SeqCst) {
            self.unpark();
        }
        InFlight { state: &self.state }
    }

    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.unpark();
    }
}

/// A call in flight.
pub(crate) struct InFlight<'a> {
    state: &'a State,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.state.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    use wasmtime::Engine;

    use super::Ticker;

    #[test]
    fn the_clock_stands_still_without_calls_and_goes_on_with_one() {
        let engine = Engine::default();
        let ticker = Ticker::start(&engine).unwrap();
        let wait_for = |asleep| {
            let start = Instant::now();
            while ticker.state.asleep.load(Ordering::SeqCst) != asleep {
                assert!(start.elapsed() < Duration::from_secs(10));
                std::thread::yield_now();
            }
        };
        wait_for(true);
        let call = ticker.in_flight();
        wait_for(false);
        drop(call);
        wait_for(true);
    }
}
