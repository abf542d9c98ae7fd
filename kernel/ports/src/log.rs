//! What steps print.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::time::Time;
use tokio::sync::watch;

use crate::store::StoreError;

/// Which log: that of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    pub run: RunId,
    pub step: StepNo,
    pub attempt: u32,
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogStream {
    Stdout,
    Stderr,
    /// The kernel, about the step.
    Note,
}

/// A piece of a log, as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it starts, counting all bytes ever appended, dropped ones too.
    pub offset: u64,
    pub at: Time,
    pub stream: LogStream,
    pub bytes: Bytes,
}

/// What a reader gets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPage {
    /// A gap between two chunks is what the size cap dropped.
    pub chunks: Vec<LogChunk>,
    /// Where to go on reading.
    pub next: u64,
    /// Whether the log is complete and `next` is its end.
    pub ended: bool,
}

/// How far a log has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogProgress {
    pub end: u64,
    pub ended: bool,
}

/// Takes the output of one attempt.
#[async_trait]
pub trait LogSink: Send + Sync {
    /// Appends in the order of the calls. Slow storage slows the caller down; nothing is dropped
    /// but by the size cap.
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError>;
    /// Ends the log; makes it durable. Further appends are errors.
    async fn finish(&self) -> Result<(), StoreError>;
}

/// Keeps logs.
#[async_trait]
pub trait Logs: Send + Sync {
    /// Opens a log for appending, behind what a former server may have left in it.
    async fn log_open(&self, key: LogKey) -> Result<Arc<dyn LogSink>, StoreError>;
    /// Reads from `offset` about `bytes_max` bytes, at least one chunk if there is one. A log that
    /// was never opened is empty and ended.
    async fn log_read(
        &self,
        key: LogKey,
        offset: u64,
        bytes_max: usize,
    ) -> Result<LogPage, StoreError>;
    /// Follows how far a log has come. Readable data is never behind what this says.
    fn log_watch(&self, key: LogKey) -> watch::Receiver<LogProgress>;
    /// Removes all logs of a run.
    async fn log_remove(&self, run: RunId) -> Result<(), StoreError>;
}
