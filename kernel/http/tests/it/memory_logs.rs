//! Logs in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use kernel_model::id::RunId;
use kernel_ports::clock::{Clock, System};
use kernel_ports::log::{LogChunk, LogKey, LogPage, LogProgress, LogSink, LogStream, Logs};
use kernel_ports::store::StoreError;
use tokio::sync::watch;

#[derive(Default)]
pub(crate) struct MemoryLogs {
    clock: System,
    logs: Mutex<HashMap<LogKey, Log>>,
}

struct Log {
    is_open: bool,
    chunks: Vec<LogChunk>,
    progress: watch::Sender<LogProgress>,
}

struct Sink {
    logs: Arc<MemoryLogs>,
    key: LogKey,
}

impl Default for Log {
    fn default() -> Self {
        Self { is_open: false, chunks: vec![], progress: watch::channel(LogProgress::default()).0 }
    }
}

impl MemoryLogs {
    fn with<T>(&self, key: LogKey, act: impl FnOnce(&mut Log) -> T) -> T {
        act(self.logs.lock().unwrap().entry(key).or_default())
    }

    /// Drops a piece, as the size cap does.
    pub(crate) fn forget(&self, key: LogKey, piece: usize) {
        self.with(key, |log| drop(log.chunks.remove(piece)));
    }
}

/// Gives the port to a shared instance.
pub(crate) struct Shared(pub(crate) Arc<MemoryLogs>);

#[async_trait]
impl Logs for Shared {
    async fn log_open(&self, key: LogKey) -> Result<Arc<dyn LogSink>, StoreError> {
        self.0.with(key, |log| log.is_open = true);
        Ok(Arc::new(Sink { logs: self.0.clone(), key }))
    }

    async fn log_read(&self, key: LogKey, offset: u64, _: usize) -> Result<LogPage, StoreError> {
        // One piece at a time: readers must not count on more.
        Ok(self.0.with(key, |log| {
            let progress = *log.progress.borrow();
            let chunk = log.chunks.iter().find(|chunk| chunk.offset >= offset).cloned();
            let next = chunk.as_ref().map_or(progress.end, |c| c.offset + c.bytes.len() as u64);
            let ended = (progress.ended || !log.is_open) && next == progress.end;
            LogPage { chunks: chunk.into_iter().collect(), next, ended }
        }))
    }

    fn log_watch(&self, key: LogKey) -> watch::Receiver<LogProgress> {
        self.0.with(key, |log| log.progress.subscribe())
    }

    async fn log_remove(&self, run: RunId) -> Result<(), StoreError> {
        self.0.logs.lock().unwrap().retain(|key, _| key.run != run);
        Ok(())
    }
}

#[async_trait]
impl LogSink for Sink {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        let at = self.logs.clock.now();
        self.logs.with(self.key, |log| {
            let offset = log.progress.borrow().end;
            let end = offset + bytes.len() as u64;
            log.chunks.push(LogChunk { offset, at, stream, bytes });
            log.progress.send_modify(|progress| progress.end = end);
        });
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        self.logs.with(self.key, |log| log.progress.send_modify(|progress| progress.ended = true));
        Ok(())
    }
}
