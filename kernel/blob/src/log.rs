//! Logs: append-only segments while a step runs, one compressed file afterwards.
//!
//! What is appended is collected and written when there is enough of it, or a moment later. A writer
//! holds the order, the size cap and the place; readers read the files and need nobody.
//! A log without a writer holds no memory.

mod frame;
mod parts;
mod reader;
mod seal;
mod sink;
mod writer;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use kernel_model::id::RunId;
use kernel_ports::clock::Clock;
use kernel_ports::log::{LogKey, LogPage, LogProgress, LogSink, Logs};
use kernel_ports::store::StoreError;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::layout::Layout;
use crate::storage::Storage;
use crate::{failure, removal};
use sink::Sink;
use writer::Writer;

/// Watches that nobody looks at any more are cleared away when there are this many.
const WATCHES_MIN: usize = 64;

/// All logs.
pub(crate) struct LogStore {
    layout: Layout,
    bytes_max: u64,
    clock: Arc<dyn Clock>,
    /// One opens at a time, so that no log gets two writers.
    opening: tokio::sync::Mutex<()>,
    watched: Arc<Watched>,
}

/// The logs that are written or followed.
#[derive(Default)]
pub(crate) struct Watched {
    logs: Mutex<Logbook>,
    /// One log is compressed at a time: there are steps that need the processors more.
    sealing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Logbook {
    entries: HashMap<LogKey, Entry>,
    /// How many entries there may be before the next clearing.
    entries_max: usize,
}

struct Entry {
    progress: watch::Sender<LogProgress>,
    writer: Weak<Sink>,
}

impl fmt::Debug for LogStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogStore").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl LogStore {
    pub(crate) fn new(layout: Layout, bytes_max: u64, clock: Arc<dyn Clock>) -> Self {
        let (opening, watched) = (tokio::sync::Mutex::default(), Arc::default());
        Self { layout, bytes_max, clock, opening, watched }
    }
}

impl Watched {
    fn book(&self) -> MutexGuard<'_, Logbook> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the log has come to its end.
    fn end(&self, key: LogKey) {
        Self::end_in(&mut self.book(), key);
    }

    /// Says that nobody will write the log any more, unless a new writer has it by now.
    fn end_abandoned(&self, key: LogKey) {
        let mut book = self.book();
        if book.entries.get(&key).is_some_and(|entry| entry.writer.strong_count() == 0) {
            Self::end_in(&mut book, key);
        }
    }

    fn end_in(book: &mut Logbook, key: LogKey) {
        let Some(entry) = book.entries.get_mut(&key) else { return };
        entry.writer = Weak::new();
        entry.progress.send_modify(|progress| progress.ended = true);
        if entry.progress.receiver_count() == 0 {
            book.entries.remove(&key);
        }
    }
}

impl Logbook {
    /// Returns the entry of a log, which without a writer stands at what `on_disk` says.
    fn entry(&mut self, key: LogKey, on_disk: impl FnOnce() -> u64) -> &mut Entry {
        if self.entries.len() > self.entries_max.max(WATCHES_MIN) {
            self.entries.retain(|_, entry| {
                entry.progress.receiver_count() > 0 || entry.writer.strong_count() > 0
            });
            self.entries_max = 2 * self.entries.len();
        }
        self.entries.entry(key).or_insert_with(|| {
            let progress = LogProgress { end: on_disk(), ended: true };
            Entry { progress: watch::Sender::new(progress), writer: Weak::new() }
        })
    }
}

#[async_trait]
impl Logs for Storage {
    async fn log_open(&self, key: LogKey) -> Result<Arc<dyn LogSink>, StoreError> {
        let store = &self.logs;
        let _one_at_a_time = store.opening.lock().await;
        let known = store.watched.book().entries.get(&key).and_then(|entry| entry.writer.upgrade());
        if let Some(sink) = known {
            return Ok(sink);
        }
        let (dir, bytes_max) = (store.layout.log(key), store.bytes_max);
        let opened = spawn_blocking(move || {
            let opened = Writer::open(&dir, bytes_max);
            opened.map_err(|err| failure::io_error(format!("open the log {key:?}"), &dir, err))
        });
        let (writer, end) = opened.await.map_err(failure::task_lost)??;
        let mut book = store.watched.book();
        let entry = book.entry(key, || end);
        entry.progress.send_replace(LogProgress { end, ended: false });
        let sink = Arc::new(Sink::new(
            key,
            writer,
            end,
            entry.progress.clone(),
            Arc::clone(&store.clock),
            Arc::clone(&store.watched),
        ));
        entry.writer = Arc::downgrade(&sink);
        Ok(sink)
    }

    async fn log_read(
        &self,
        key: LogKey,
        offset: u64,
        bytes_max: usize,
    ) -> Result<LogPage, StoreError> {
        let dir = self.logs.layout.log(key);
        // Before the files are read: they may be further by then, but not behind.
        let live = self.logs.watched.book().entries.get(&key).map(|entry| *entry.progress.borrow());
        let live = live.filter(|progress| !progress.ended);
        let read = spawn_blocking(move || {
            let limit = live.map_or(u64::MAX, |progress| progress.end);
            let chunks = reader::read(&dir, offset, limit, bytes_max);
            let chunks = chunks.and_then(|chunks| match live {
                Some(progress) => Ok((chunks, progress.end)),
                None => Ok((chunks, reader::end(&dir)?)),
            });
            chunks.map_err(|err| failure::io_error(format!("read the log {key:?}"), &dir, err))
        });
        let (chunks, end) = read.await.map_err(failure::task_lost)??;
        let next = chunks.last().map_or(offset, |chunk| chunk.offset + chunk.bytes.len() as u64);
        Ok(LogPage { chunks, next, ended: live.is_none() && next >= end })
    }

    fn log_watch(&self, key: LogKey) -> watch::Receiver<LogProgress> {
        let dir = self.logs.layout.log(key);
        let mut book = self.logs.watched.book();
        // A log that cannot be read says so when it is read.
        book.entry(key, || reader::end(&dir).unwrap_or(0)).progress.subscribe()
    }

    async fn log_remove(&self, run: RunId) -> Result<(), StoreError> {
        // A log that is being compressed would put its file into a directory that is being emptied.
        let _no_sealing = self.logs.watched.sealing.lock().await;
        let (logs, whole) = (self.logs.layout.logs(run), self.logs.layout.run(run));
        let removed = spawn_blocking(move || {
            let removed = removal::remove_tree(&logs);
            // Goes only when nothing else is left of the run.
            let _ = std::fs::remove_dir(whole);
            removed
                .map_err(|err| failure::io_error(format!("remove the logs of {run}"), &logs, err))
        });
        removed.await.map_err(failure::task_lost)?
    }
}
