//! A log that is opened when something is said: most actions say nothing, and a file for each
//! would cost more than they do.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel_ports::log::{LogKey, LogSink, LogStream, Logs};
use kernel_ports::store::StoreError;
use tokio::sync::OnceCell;

/// Opens the log of `key` at the first word.
pub(super) struct LazyLog {
    logs: Arc<dyn Logs>,
    key: LogKey,
    opened: OnceCell<Arc<dyn LogSink>>,
}

impl LazyLog {
    pub(super) fn of(logs: &Arc<dyn Logs>, key: LogKey) -> Arc<dyn LogSink> {
        Arc::new(Self { logs: Arc::clone(logs), key, opened: OnceCell::new() })
    }
}

#[async_trait]
impl LogSink for LazyLog {
    async fn append(&self, stream: LogStream, bytes: Bytes) -> Result<(), StoreError> {
        let log = self.opened.get_or_try_init(|| self.logs.log_open(self.key)).await?;
        log.append(stream, bytes).await
    }

    async fn finish(&self) -> Result<(), StoreError> {
        match self.opened.get() {
            Some(log) => log.finish().await,
            None => Ok(()),
        }
    }
}
