//! Logs without the values of secrets: a layer before the logs that are kept.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_model::id::RunId;
use kernel_ports::log::{LogKey, LogPage, LogProgress, LogSink, LogStream, Logs};
use kernel_ports::store::StoreError;
use tokio::sync::{Mutex, watch};

use kernel_redact::MaskStream;

use crate::secret::{Keeper, Masks};

/// Masks what is appended, and reads as the inner logs do.
pub(crate) struct MaskedLogs {
    inner: Arc<dyn Logs>,
    secrets: Arc<Keeper>,
}

impl MaskedLogs {
    pub(crate) fn new(inner: Arc<dyn Logs>, secrets: Arc<Keeper>) -> Self {
        Self { inner, secrets }
    }
}

#[async_trait]
impl Logs for MaskedLogs {
    async fn log_open(&self, key: LogKey) -> Result<Arc<dyn LogSink>, StoreError> {
        let inner = self.inner.log_open(key).await?;
        // A run may get its first secret at any moment, so each of its logs has this layer.
        let masks = self.secrets.masks(key.run);
        Ok(Arc::new(MaskedSink { inner, masks, streams: Mutex::default() }))
    }

    async fn log_read(
        &self,
        key: LogKey,
        offset: u64,
        bytes_max: usize,
    ) -> Result<LogPage, StoreError> {
        self.inner.log_read(key, offset, bytes_max).await
    }

    fn log_watch(&self, key: LogKey) -> watch::Receiver<LogProgress> {
        self.inner.log_watch(key)
    }

    async fn log_remove(&self, run: RunId) -> Result<(), StoreError> {
        self.inner.log_remove(run).await
    }
}

struct MaskedSink {
    inner: Arc<dyn LogSink>,
    masks: Arc<Masks>,
    /// A value is followed within its stream: what the other prints in between does not hide it.
    /// Locked across appends, so that the order of a stream is kept.
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    stdout: MaskStream,
    stderr: MaskStream,
    note: MaskStream,
}

impl Streams {
    fn of(&mut self, stream: LogStream) -> &mut MaskStream {
        match stream {
            LogStream::Stdout => &mut self.stdout,
            LogStream::Stderr => &mut self.stderr,
            LogStream::Note => &mut self.note,
        }
    }
}

#[async_trait]
impl LogSink for MaskedSink {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        let mut streams = self.streams.lock().await;
        let shown = streams.of(stream).push(&self.masks.get(), bytes);
        if shown.is_empty() { Ok(()) } else { self.inner.append(stream, shown).await }
    }

    async fn finish(&self) -> Result<(), StoreError> {
        let mut streams = self.streams.lock().await;
        let masker = self.masks.get();
        for stream in [LogStream::Stdout, LogStream::Stderr, LogStream::Note] {
            let rest = streams.of(stream).finish(&masker);
            if !rest.is_empty() {
                self.inner.append(stream, rest).await?;
            }
        }
        self.inner.finish().await
    }
}

#[cfg(test)]
mod tests;
