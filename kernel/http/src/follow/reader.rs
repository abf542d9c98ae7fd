//! Reads the log of one attempt.

use std::collections::VecDeque;
use std::sync::Arc;

use kernel_model::time::Time;
use kernel_ports::log::{LogChunk, LogKey, LogProgress, Logs};
use kernel_ports::store::StoreError;
use kernel_wire::log as wire;
use tokio::sync::watch;

use super::cursor::Position;
use crate::to_wire;

/// Bytes read at a time.
const PAGE_BYTES: usize = 16 << 10;

/// A log that is being given out.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) index: usize,
    key: LogKey,
    path: Arc<str>,
    progress: watch::Receiver<LogProgress>,
    /// Whether `progress` can still change.
    pub(super) is_watched: bool,
    /// Whether there may be more to read.
    pub(super) is_stale: bool,
    chunks: VecDeque<LogChunk>,
    next: u64,
    position: Position,
    last_at: Time,
    /// Whether all of it was read, and no more will come.
    is_complete: bool,
}

impl Reader {
    pub(super) fn new(
        logs: &dyn Logs,
        index: usize,
        key: LogKey,
        path: Arc<str>,
        position: Position,
    ) -> Self {
        Self {
            index,
            key,
            path,
            progress: logs.log_watch(key),
            is_watched: true,
            is_stale: true,
            chunks: VecDeque::new(),
            next: position.offset,
            position,
            last_at: Time(0),
            is_complete: false,
        }
    }

    /// Returns how far it was given out.
    pub(super) fn position(&self) -> &Position {
        &self.position
    }

    /// Returns when the next piece was said, if it has been read.
    pub(super) fn head(&self) -> Option<Time> {
        self.chunks.front().map(|chunk| chunk.at)
    }

    /// Returns whether nothing is left to give.
    pub(super) fn is_finished(&self) -> bool {
        self.is_complete && self.chunks.is_empty()
    }

    /// Waits until the log has grown; for ever if nobody will say so.
    pub(super) async fn grown(&mut self) {
        if !self.is_watched {
            std::future::pending::<()>().await;
        }
        self.is_watched = self.progress.changed().await.is_ok();
        self.is_stale = true;
    }

    /// Reads on, if all that was read has been given and there may be more. `is_ended`: whether
    /// the attempt had ended before this call.
    pub(super) async fn fill(&mut self, logs: &dyn Logs, is_ended: bool) -> Result<(), StoreError> {
        if self.progress.has_changed().unwrap_or(false) {
            self.progress.mark_unchanged();
            self.is_stale = true;
        }
        if !self.chunks.is_empty() || self.is_complete || !(self.is_stale || is_ended) {
            return Ok(());
        }
        let page = logs.log_read(self.key, self.next, PAGE_BYTES).await?;
        self.next = page.next;
        self.chunks = page.chunks.into();
        self.is_stale = !self.chunks.is_empty();
        self.is_complete = self.chunks.is_empty() && is_ended;
        Ok(())
    }

    /// Gives the next piece. `None` if it has no whole character: its bytes come with a later one.
    pub(super) fn take(&mut self) -> Option<wire::LogChunk> {
        let chunk = self.chunks.pop_front()?;
        let dropped_bytes = chunk.offset.saturating_sub(self.position.offset);
        self.position.offset = chunk.offset + chunk.bytes.len() as u64;
        self.last_at = chunk.at;
        let text = self.position.carry.push(chunk.stream, &chunk.bytes);
        (!text.is_empty() || dropped_bytes > 0)
            .then(|| self.piece(chunk.stream, text, chunk.offset, dropped_bytes))
    }

    /// Gives what a finished log has left: the beginning of a character.
    pub(super) fn take_rest(&mut self) -> Option<wire::LogChunk> {
        let stream = self.position.carry.broken()?;
        Some(self.piece(stream, "\u{fffd}".to_owned(), self.position.offset, 0))
    }

    fn piece(
        &self,
        stream: kernel_ports::log::LogStream,
        text: String,
        offset: u64,
        dropped_bytes: u64,
    ) -> wire::LogChunk {
        wire::LogChunk {
            step: self.key.step.0,
            attempt: self.key.attempt,
            path: self.path.to_string(),
            stream: to_wire::log_stream(stream),
            at: to_wire::time(self.last_at),
            text,
            offset,
            dropped_bytes,
        }
    }
}
