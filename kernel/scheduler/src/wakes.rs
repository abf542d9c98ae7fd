//! Runs that sleep, and when they go on. One timer for all of them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use kernel_model::id::RunId;
use kernel_model::time::Time;
use tokio::sync::Notify;

use crate::scheduler::Inner;

/// Sleeping runs, soonest first.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    queue: Mutex<BTreeSet<(Time, RunId)>>,
    changed: Arc<Notify>,
}

impl Wakes {
    pub(crate) fn add(&self, at: Time, run: RunId) {
        self.queue().insert((at, run));
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Time> {
        self.queue().first().map(|(at, _)| *at)
    }

    fn take_due(&self, now: Time) -> Vec<RunId> {
        let mut queue = self.queue();
        let later = queue.split_off(&(now.plus_ms(1), RunId(0)));
        std::mem::replace(&mut *queue, later).into_iter().map(|(_, run)| run).collect()
    }

    fn queue(&self) -> MutexGuard<'_, BTreeSet<(Time, RunId)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes runs until the scheduler is gone.
pub(crate) async fn run(inner: Weak<Inner>) {
    loop {
        let (changed, sleep) = {
            let Some(inner) = inner.upgrade() else { return };
            (Arc::clone(&inner.wakes.changed), inner.sleep_until(inner.wakes.next()))
        };
        tokio::select! {
            () = changed.notified() => {}
            () = sleep => {}
        }
        let Some(inner) = inner.upgrade() else { return };
        if inner.is_draining() {
            return;
        }
        for run in inner.wakes.take_due(inner.parts.clock.now()) {
            inner.run_wake(run).await;
        }
    }
}
