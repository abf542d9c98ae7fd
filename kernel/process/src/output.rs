//! Carries a stream of a program to the log.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kernel_ports::log::{LogSink, LogStream};
use kernel_ports::store::StoreError;
use nix::fcntl::{FcntlArg, fcntl};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::watch;
use tokio::time::timeout;

/// One read takes up to this; a new buffer is made when less than the half is left.
const BUFFER_BYTES: usize = 128 << 10;
/// How much the program may be ahead of us. More means fewer switches; 1 MiB is the most that
/// anybody may ask for.
const PIPE_BYTES: i32 = 1 << 20;
/// When the tree has ended, a pipe holds what was in it and then ends. It goes on only if someone
/// holds it who could not be ended, and that one is listened to no longer than this.
const DRAIN_WAIT: Duration = Duration::from_millis(500);
const DRAIN_BYTES_MAX: usize = 4 << 20;
/// How often a full disk is tried again.
const FULL_WAIT: Duration = Duration::from_secs(1);

/// The beginning of a stream.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    pub(crate) bytes: Vec<u8>,
    /// Whether there was more.
    pub(crate) truncated: bool,
}

/// Where a stream goes.
pub(crate) struct Output {
    pub(crate) stream: LogStream,
    pub(crate) log: Option<Arc<dyn LogSink>>,
    pub(crate) capture_max: usize,
    /// Becomes true when all that may write has ended.
    pub(crate) tree_ended: watch::Receiver<bool>,
}

/// Makes a pipe end of a child readable without blocking.
pub(crate) fn receiver(pipe: OwnedFd) -> std::io::Result<Receiver> {
    // Refused when all pipes of this user are large; then it stays as it is.
    let _ = fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
    Receiver::from_owned_fd(pipe)
}

impl Output {
    /// Reads to the end.
    pub(crate) async fn carry(mut self, mut pipe: Receiver) -> Captured {
        let mut captured = Captured::default();
        let mut buffer = BytesMut::new();
        let mut drained = 0;
        let mut is_draining = false;
        loop {
            if buffer.capacity() - buffer.len() < BUFFER_BYTES / 2 {
                buffer = BytesMut::with_capacity(BUFFER_BYTES);
            }
            let read = if is_draining {
                match timeout(DRAIN_WAIT, pipe.read_buf(&mut buffer)).await {
                    Ok(read) => read,
                    Err(_) => break,
                }
            } else {
                tokio::select! {
                    biased;
                    read = pipe.read_buf(&mut buffer) => read,
                    _ = self.tree_ended.wait_for(|ended| *ended) => {
                        is_draining = true;
                        continue;
                    }
                }
            };
            let Ok(1..) = read else { break };
            let bytes = buffer.split().freeze();
            if is_draining {
                drained += bytes.len();
            }
            captured.take(&bytes, self.capture_max);
            self.append(bytes).await;
            if drained > DRAIN_BYTES_MAX {
                tracing::warn!("the rest of an output was left: someone writes on after the end");
                break;
            }
        }
        captured
    }

    /// A full disk makes the program wait until there is room. Any other failure, and a disk that is
    /// still full when the program has ended, must not hold it up: it is read on, and what it says
    /// is lost.
    async fn append(&mut self, bytes: Bytes) {
        let Some(log) = &self.log else { return };
        let err = loop {
            match log.append(self.stream, bytes.clone()).await {
                Ok(()) => return,
                Err(StoreError::Full { path }) if !*self.tree_ended.borrow() => {
                    tracing::warn!(path, "a program waits, since the disk is full");
                    let ended = self.tree_ended.wait_for(|ended| *ended);
                    // An early end is seen by the next round.
                    let _ = timeout(FULL_WAIT, ended).await;
                }
                Err(err) => break err,
            }
        };
        let cause = std::error::Error::source(&err).map(ToString::to_string);
        tracing::warn!(cause, "failed to keep output, the rest of the stream is lost: {err}");
        self.log = None;
    }
}

impl Captured {
    fn take(&mut self, bytes: &[u8], max: usize) {
        if max == 0 {
            return;
        }
        let taken = bytes.len().min(max - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        self.truncated |= taken < bytes.len();
    }
}
