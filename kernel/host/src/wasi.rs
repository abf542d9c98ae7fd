//! What guests see of WASI: an empty world, so that programs of the standard library start.
//!
//! No directories, no sockets, no environment, no arguments; what a guest prints is dropped but
//! for the beginning of its standard error, which holds the message of a panic.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kernel_model::time::Time;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder};

/// How much of the standard error is kept.
const KEPT_BYTES: usize = 2 * 1024;
/// How much a guest may print at once.
const WRITE_BYTES: usize = 64 * 1024;

/// The beginning of a guest's standard error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stderr(Arc<Mutex<Vec<u8>>>);

impl Stderr {
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }

    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Returns the world of one call. With `clock` time stands still there and randomness is the same
/// in each call.
pub(crate) fn context(clock: Option<&Arc<Still>>) -> (WasiCtx, Stderr) {
    let stderr = Stderr::default();
    let mut builder = WasiCtxBuilder::new();
    builder.stderr(stderr.clone()).allow_tcp(false).allow_udp(false);
    if let Some(clock) = clock {
        builder
            .wall_clock(Clock(Arc::clone(clock)))
            .monotonic_clock(Clock(Arc::clone(clock)))
            .secure_random(Deterministic::new(noise()))
            .insecure_random(Deterministic::new(noise()))
            .insecure_random_seed(0);
    }
    (builder.build(), stderr)
}

/// A time that does not move, and whether a guest has looked at it.
#[derive(Debug)]
pub(crate) struct Still {
    ms: AtomicU64,
    was_read: AtomicBool,
}

struct Clock(Arc<Still>);

impl Still {
    pub(crate) fn at(time: Time) -> Arc<Self> {
        Arc::new(Self { ms: AtomicU64::new(time.0), was_read: AtomicBool::new(false) })
    }

    /// Gives an instance that was started ahead the time of its call.
    pub(crate) fn set(&self, time: Time) {
        self.ms.store(time.0, Ordering::Relaxed);
    }

    pub(crate) fn was_read(&self) -> bool {
        self.was_read.load(Ordering::Relaxed)
    }

    fn read(&self) -> Duration {
        self.was_read.store(true, Ordering::Relaxed);
        Duration::from_millis(self.ms.load(Ordering::Relaxed))
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0.read()
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.read().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Returns bytes that look random and never change: hash tables of guests want some spread.
fn noise() -> Vec<u8> {
    // SplitMix64 from zero. <https://prng.di.unimi.it/splitmix64.c>
    let mut state = 0_u64;
    let mut bytes = Vec::with_capacity(256);
    for _ in 0..32 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes
}

impl IsTerminal for Stderr {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stderr {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for this, which the engine does not offer.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stderr {
    async fn ready(&mut self) {}
}

impl OutputStream for Stderr {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(WRITE_BYTES)
    }
}
