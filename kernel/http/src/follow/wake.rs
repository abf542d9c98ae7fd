//! Tells when a run's history has grown.

use kernel_model::id::RunId;
use kernel_scheduler::Scheduler;
use tokio::sync::watch;

/// Follows the history of a run.
#[derive(Debug)]
pub(super) struct Wake {
    scheduler: Scheduler,
    run: RunId,
    watch: watch::Receiver<u64>,
    /// Nobody will ever say that there is more.
    pub(super) is_over: bool,
}

impl Wake {
    pub(super) fn new(scheduler: &Scheduler, run: RunId) -> Self {
        let watch = scheduler.run_watch(run);
        Self { scheduler: scheduler.clone(), run, watch, is_over: false }
    }

    /// Returns whether there was news since the last call.
    pub(super) fn has_news(&mut self) -> bool {
        match self.watch.has_changed() {
            Ok(changed) => {
                self.watch.mark_unchanged();
                changed
            }
            Err(_) => false,
        }
    }

    /// Waits until there may be more to read. Returns at once, once, when the run is no longer
    /// followed by the scheduler: what it stored last is to be read then.
    pub(super) async fn news(&mut self) {
        if self.watch.changed().await.is_err() {
            self.watch = self.scheduler.run_watch(self.run);
            self.is_over = self.watch.has_changed().is_err();
        }
    }
}
