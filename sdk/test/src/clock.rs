//! A clock that stands still until the test moves it.

use std::sync::atomic::{AtomicU64, Ordering};

use kernel_model::time::Time;
use kernel_ports::clock::Clock;

/// Where it stands at first: 2026-01-01T00:00:00Z.
const START_MS: u64 = 1_767_225_600_000;

/// The clock of a [`Stage`](crate::Stage).
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// Moves it forward.
    pub fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }

    /// Sets it, in ms since the Unix epoch.
    pub fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::Relaxed);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicU64::new(START_MS))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}
