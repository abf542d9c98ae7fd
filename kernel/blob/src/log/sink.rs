//! Takes what is appended to one log.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::clock::Clock;
use kernel_ports::log::{LogKey, LogProgress, LogSink, LogStream};
use kernel_ports::store::StoreError;
use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tokio::task::spawn_blocking;

use super::writer::{Writer, Written};
use super::{Watched, frame, seal};
use crate::failure;

/// As much is worth a write at once.
const FLUSH_BYTES: usize = 64 << 10;
/// As long may a reader wait for less.
const FLUSH_DELAY: Duration = Duration::from_millis(20);

/// The end of a log where it grows.
pub(crate) struct Sink {
    key: LogKey,
    state: Arc<Mutex<State>>,
    watched: Arc<Watched>,
    clock: Arc<dyn Clock>,
}

struct State {
    key: LogKey,
    writer: Writer,
    progress: watch::Sender<LogProgress>,
    /// Frames that are not written yet.
    pending: Vec<u8>,
    /// Where the first of them starts in the log, and where the last ends.
    written: u64,
    end: u64,
    flush_is_due: bool,
    is_finished: bool,
}

impl Sink {
    pub(crate) fn new(
        key: LogKey,
        writer: Writer,
        end: u64,
        progress: watch::Sender<LogProgress>,
        clock: Arc<dyn Clock>,
        watched: Arc<Watched>,
    ) -> Self {
        let state = State {
            key,
            writer,
            progress,
            pending: Vec::new(),
            written: end,
            end,
            flush_is_due: false,
            is_finished: false,
        };
        Self { key, state: Arc::new(Mutex::new(state)), watched, clock }
    }
}

impl State {
    /// Writes what is pending; what could not be written stays pending.
    fn flush(&mut self) -> Result<(), StoreError> {
        let mut done = Written::default();
        let result = self.writer.write(self.written, &self.pending, &mut done);
        self.pending.drain(..done.frames);
        self.written += done.payload;
        let end = self.written;
        self.progress.send_modify(|progress| progress.end = end);
        result.map_err(|err| self.lost(err))
    }

    /// Writes what is pending, of which the last `frames` bytes were just added. If nothing of them
    /// could be written, they are taken back.
    fn flush_added(&mut self, frames: usize) -> Result<(), StoreError> {
        let flushed = self.flush();
        if flushed.is_ok() || self.pending.len() < frames {
            // What is pending of them goes with the next flush.
            return Ok(());
        }
        let kept = self.pending.len() - frames;
        self.end -= frame::payloads(&self.pending[kept..]);
        self.pending.truncate(kept);
        flushed
    }

    fn lost(&self, err: std::io::Error) -> StoreError {
        failure::io_error(format!("write the log {:?}", self.key), self.writer.dir(), err)
    }

    fn finish(&mut self) -> Result<u64, StoreError> {
        self.flush()?;
        let bytes = self.writer.sync().map_err(|err| self.lost(err))?;
        self.pending = Vec::new();
        self.is_finished = true;
        Ok(bytes)
    }
}

/// Runs `work` where it may block. It goes on even if nobody waits for it any more, so that a caller
/// that gives up leaves no half.
async fn blocking<T: Send + 'static>(
    mut state: OwnedMutexGuard<State>,
    work: impl FnOnce(&mut State) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(move || work(&mut state)).await.map_err(failure::task_lost)?
}

#[async_trait]
impl LogSink for Sink {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if state.is_finished {
            let action = format!("append to the log {:?}; it is finished", self.key);
            return Err(StoreError::Io { action, err: "bug: append after finish".into() });
        }
        let (mark, offset) = (state.pending.len(), state.end);
        frame::encode(&mut state.pending, offset, self.clock.now(), stream, &bytes);
        state.end += bytes.len() as u64;
        if state.pending.len() >= FLUSH_BYTES {
            let frames = state.pending.len() - mark;
            return blocking(state, move |state| state.flush_added(frames)).await;
        }
        if !std::mem::replace(&mut state.flush_is_due, true) {
            let state = Arc::clone(&self.state);
            tokio::spawn(flush_later(state));
        }
        Ok(())
    }

    async fn finish(&self) -> Result<(), StoreError> {
        let state = Arc::clone(&self.state).lock_owned().await;
        if state.is_finished {
            return Ok(());
        }
        let dir = state.writer.dir().to_owned();
        let bytes = blocking(state, State::finish).await?;
        self.watched.end(self.key);
        if bytes >= seal::BYTES_MIN {
            let (watched, key) = (Arc::clone(&self.watched), self.key);
            tokio::spawn(async move {
                let _one_at_a_time = watched.sealing.lock().await;
                let sealed = spawn_blocking(move || seal::seal(&dir)).await;
                if let Ok(Err(err)) = sealed {
                    // It stays readable as it is; perhaps its run was removed.
                    tracing::debug!(?key, "failed to compress a log: {err}");
                }
            });
        }
        Ok(())
    }
}

impl Drop for Sink {
    /// Nobody will append any more; what is pending is written by the task that waits for it.
    fn drop(&mut self) {
        self.watched.end_abandoned(self.key);
    }
}

async fn flush_later(state: Arc<Mutex<State>>) {
    tokio::time::sleep(FLUSH_DELAY).await;
    let mut state = state.lock_owned().await;
    state.flush_is_due = false;
    if state.pending.is_empty() {
        return;
    }
    let key = state.key;
    if let Err(err) = blocking(state, State::flush).await {
        // It stays pending: the next append or the end tries again, and tells its caller.
        tracing::warn!(?key, "failed to write a log: {err}");
    }
}
