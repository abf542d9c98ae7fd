//! The logs of a run, merged by time, as server-sent events.

use axum::response::sse::Event;
use futures::future::{FutureExt, select_all};
use kernel_model::id::RunId;
use kernel_ports::log::LogKey;
use kernel_scheduler::Scheduler;
use kernel_wire::event::END;
use kernel_wire::log::LOG;

use super::cursor::Cursor;
use super::reader::Reader;
use super::source::Sources;
use super::wake::Wake;
use super::{Feed, Stopping, sse};
use crate::error::ApiError;
use crate::extract::StepSelector;
use crate::to_wire;

/// Events read at a time.
const PAGE: u32 = 256;

/// What a client wants to see.
#[derive(Debug)]
pub(crate) struct LogWish {
    /// A step, or all steps in a group.
    pub(crate) step: Option<StepSelector>,
    /// Whether to wait for more until the run ends.
    pub(crate) follow: bool,
    /// Where to go on.
    pub(crate) cursor: Cursor,
}

/// Follows the logs of a run.
///
/// A log is opened when the merge has come to the time at which its attempt got a slot, and closed
/// when it was given out, so that only as many are open as attempts ran at that time.
#[derive(Debug)]
pub(crate) struct LogFeed {
    scheduler: Scheduler,
    run: RunId,
    follow: bool,
    stopping: Stopping,
    wake: Wake,
    /// Whether the history may have more than was read.
    is_stale: bool,
    sources: Sources,
    /// How many of the sources were opened.
    opened: usize,
    open: Vec<Reader>,
    resume: Cursor,
    is_done: bool,
}

impl LogFeed {
    pub(crate) fn new(scheduler: Scheduler, run: RunId, wish: LogWish, stopping: Stopping) -> Self {
        Self {
            wake: Wake::new(&scheduler, run),
            scheduler,
            run,
            follow: wish.follow,
            stopping,
            is_stale: true,
            sources: Sources::new(wish.step),
            opened: 0,
            open: vec![],
            resume: wish.cursor,
            is_done: false,
        }
    }

    fn is_ended(&self, index: usize) -> bool {
        self.sources.get(index).is_some_and(|source| source.is_ended)
    }

    /// Reads on in all open logs that have nothing left to give.
    async fn fill(&mut self) -> Result<(), ApiError> {
        let logs = self.scheduler.parts().logs.clone();
        for i in 0..self.open.len() {
            let is_ended = self.is_ended(self.open[i].index);
            self.open[i].fill(logs.as_ref(), is_ended).await?;
        }
        Ok(())
    }

    /// Returns the open log whose next piece is the oldest.
    fn oldest(&self) -> Option<usize> {
        let heads = self.open.iter().enumerate();
        let heads = heads.filter_map(|(i, reader)| Some((reader.head()?, reader.index, i)));
        heads.min().map(|(_, _, i)| i)
    }

    /// Opens the next log, if what it says may be older than the oldest piece at hand.
    fn open_next(&mut self, oldest: Option<usize>) -> bool {
        let Some(source) = self.sources.get(self.opened) else { return false };
        let head = oldest.and_then(|i| self.open[i].head());
        let is_resumed = self.opened < self.resume.opened;
        if !is_resumed && head.is_some_and(|head| source.at > head) {
            return false;
        }
        let position = match (is_resumed, self.resume.open.remove(&self.opened)) {
            (_, Some(position)) => Some(position),
            // It was finished before.
            (true, None) => None,
            (false, None) => Some(super::cursor::Position::default()),
        };
        if let Some(position) = position.filter(|_| source.is_wanted) {
            let key = LogKey { run: self.run, step: source.step, attempt: source.attempt };
            let logs = self.scheduler.parts().logs.as_ref();
            let reader = Reader::new(logs, self.opened, key, source.path.clone(), position);
            self.open.push(reader);
        }
        self.opened += 1;
        true
    }

    /// Reads on in the history, if it may have a log that is older than the oldest piece at hand.
    async fn read_on(&mut self, oldest: Option<usize>) -> Result<bool, ApiError> {
        let head = oldest.and_then(|i| self.open[i].head());
        if !self.is_stale || head.is_some_and(|head| self.sources.until > head) {
            return Ok(false);
        }
        let store = &self.scheduler.parts().store;
        let page = store.run_history(self.run, self.sources.seq, PAGE).await?;
        self.is_stale = !page.is_empty();
        page.iter().for_each(|recorded| self.sources.on(recorded));
        Ok(true)
    }

    /// Returns the id of what was just taken.
    fn cursor(&self) -> String {
        let open = self.open.iter().map(|reader| (reader.index, reader.position().clone()));
        Cursor { opened: self.opened, open: open.collect() }.to_string()
    }

    /// Takes the oldest piece at hand, or what finished logs have left.
    fn take(&mut self, oldest: Option<usize>) -> Result<Option<Event>, ApiError> {
        let rest = self.open.iter_mut().filter(|reader| reader.is_finished());
        let rest = rest.filter_map(Reader::take_rest).next();
        let piece = rest.or_else(|| self.open[oldest?].take());
        let Some(piece) = piece else { return Ok(None) };
        sse(LOG, Some(&self.cursor()), &piece).map(Some)
    }

    async fn end(&mut self) -> Result<Option<Event>, ApiError> {
        self.is_done = true;
        let row = self.scheduler.run_get(self.run).await?;
        let now = self.scheduler.parts().clock.now();
        sse(END, None, &to_wire::run(&row, now)).map(Some)
    }

    /// Waits for more. False if the server stops.
    async fn wait(&mut self) -> bool {
        let stopping = self.stopping.clone();
        let grown = self.open.iter_mut().map(|reader| reader.grown().boxed());
        let grown = std::iter::once(std::future::pending().boxed()).chain(grown);
        tokio::select! {
            () = stopping.0.cancelled() => return false,
            () = self.wake.news() => self.is_stale = true,
            _ = select_all(grown) => {}
        }
        true
    }
}

impl Feed for LogFeed {
    async fn next(&mut self) -> Result<Option<Event>, ApiError> {
        loop {
            if self.is_done {
                return Ok(None);
            }
            let is_last_look = self.wake.is_over;
            self.is_stale |= self.wake.has_news();
            self.fill().await?;
            let oldest = self.oldest();
            if self.open_next(oldest) || self.read_on(oldest).await? {
                continue;
            }
            if let Some(event) = self.take(oldest)? {
                return Ok(Some(event));
            }
            self.open.retain(|reader| !reader.is_finished());
            if oldest.is_some() {
                continue;
            }
            let is_all = self.sources.is_run_ended && self.open.is_empty();
            if is_all || !self.follow {
                return self.end().await;
            }
            // Not ended, and nobody will say when it is: the client asks again later.
            if is_last_look || !self.wait().await {
                return Ok(None);
            }
        }
    }
}
