//! Time, randomness and ids: the model never makes them, so they come in here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use kernel_model::time::Time;

/// The time of day.
pub trait Clock: Send + Sync {
    fn now(&self) -> Time;
}

/// Randomness.
pub trait Entropy: Send + Sync {
    /// Returns 128 bits for an id, rising with time (UUID version 7).
    fn id(&self) -> u128;
    /// Returns a number from 0 to 1, for jitter. Not for secrets.
    fn sample(&self) -> f64;
    /// Returns 256 bits that nobody can guess, for keys and tokens.
    fn secret(&self) -> [u8; 32];
}

/// The clock and the randomness of the machine.
#[derive(Debug, Default)]
pub struct System {
    /// The last time given out: the clock never runs backwards within a process.
    last: AtomicU64,
}

impl Clock for System {
    fn now(&self) -> Time {
        #[expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Time(self.last.fetch_max(ms, Ordering::Relaxed).max(ms))
    }
}

impl Entropy for System {
    fn id(&self) -> u128 {
        #[expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
        uuid::Uuid::now_v7().as_u128()
    }

    #[expect(clippy::cast_precision_loss, reason = "53 random bits fit a double exactly")]
    fn sample(&self) -> f64 {
        // The low 62 bits of a version 7 UUID are random.
        let bits = u64::try_from(self.id() & ((1 << 53) - 1)).unwrap_or(0);
        bits as f64 / ((1_u64 << 53) - 1) as f64
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system gives no random bytes");
        bytes
    }
}
