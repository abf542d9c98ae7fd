//! The history of a run as server-sent events.

use std::collections::VecDeque;

use axum::response::sse::Event;
use kernel_model::event::Recorded;
use kernel_model::id::RunId;
use kernel_ports::run::RunStatus;
use kernel_scheduler::Scheduler;
use kernel_wire::event::{END, EVENT};

use super::wake::Wake;
use super::{Feed, Stopping, sse};
use crate::error::ApiError;
use crate::to_wire;

/// Events read at a time.
const PAGE: u32 = 256;

/// Follows the history of a run.
#[derive(Debug)]
pub(crate) struct EventFeed {
    scheduler: Scheduler,
    run: RunId,
    follow: bool,
    stopping: Stopping,
    wake: Wake,
    /// The place of the last event that was taken from `page`.
    seq: u64,
    page: VecDeque<Recorded>,
    is_done: bool,
}

impl EventFeed {
    /// Follows `run` behind its event number `after`.
    pub(crate) fn new(
        scheduler: Scheduler,
        run: RunId,
        after: u64,
        follow: bool,
        stopping: Stopping,
    ) -> Self {
        let wake = Wake::new(&scheduler, run);
        let page = VecDeque::new();
        Self { scheduler, run, follow, stopping, wake, seq: after, page, is_done: false }
    }

    /// Returns the next event on the wire among those that were read.
    fn take(&mut self) -> Result<Option<Event>, ApiError> {
        while let Some(recorded) = self.page.pop_front() {
            self.seq += 1;
            if let Some(event) = to_wire::event(self.seq, &recorded) {
                return sse(EVENT, Some(&self.seq.to_string()), &event).map(Some);
            }
        }
        Ok(None)
    }
}

impl Feed for EventFeed {
    async fn next(&mut self) -> Result<Option<Event>, ApiError> {
        loop {
            if self.is_done {
                return Ok(None);
            }
            if let Some(event) = self.take()? {
                return Ok(Some(event));
            }
            let is_last_look = self.wake.is_over;
            self.wake.has_news();
            let store = &self.scheduler.parts().store;
            self.page = store.run_history(self.run, self.seq, PAGE).await?.into();
            if !self.page.is_empty() {
                continue;
            }
            let row = self.scheduler.run_get(self.run).await?;
            if row.seq > self.seq {
                continue;
            }
            if matches!(row.status, RunStatus::Ended(_)) || !self.follow {
                self.is_done = true;
                let now = self.scheduler.parts().clock.now();
                return sse(END, None, &to_wire::run(&row, now)).map(Some);
            }
            // Not ended, and nobody will say when it is: the client asks again later.
            if is_last_look {
                return Ok(None);
            }
            tokio::select! {
                () = self.stopping.0.cancelled() => return Ok(None),
                () = self.wake.news() => {}
            }
        }
    }
}
