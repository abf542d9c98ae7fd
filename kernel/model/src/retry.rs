//! Whether and when an attempt is tried again.

use crate::attempt::AttemptEnd;
use crate::outcome::Outcome;

/// When an attempt that did not succeed is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// How many attempts in all, not counting abandoned ones; 0 counts as 1.
    pub attempts_max: u32,
    /// The wait before the second attempt; doubled for each further one.
    pub backoff_min_ms: u64,
    pub backoff_max_ms: u64,
    /// Random share of the wait, 0 to 1.
    pub jitter: f64,
    /// Which ends are tried again: failed, errored, timed-out.
    pub on: Vec<Outcome>,
    /// How many abandoned attempts are tried again.
    pub abandoned_max: u32,
}

/// What came before: how many attempts ended, apart from the one in question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    pub ended: u32,
    pub abandoned: u32,
}

impl RetryPolicy {
    /// Returns after how many milliseconds to try again, or `None` to let the end stand.
    ///
    /// `sample` is a random number from 0 to 1. The wait is exponential backoff with jitter:
    /// between `(1 - jitter) * w` and `w`, where `w = min(backoff_max, backoff_min * 2^(n-1))`.
    #[must_use]
    pub fn delay_ms(&self, end: &AttemptEnd, before: Tried, sample: f64) -> Option<u64> {
        let n = match end {
            AttemptEnd::Abandoned { .. } => {
                (before.abandoned < self.abandoned_max).then_some(before.abandoned + 1)?
            }
            AttemptEnd::Failed { retryable: false, .. }
            | AttemptEnd::Errored { retryable: false, .. }
            | AttemptEnd::Succeeded { .. }
            | AttemptEnd::Cancelled { .. }
            | AttemptEnd::Skipped
            | AttemptEnd::Cached { .. }
            | AttemptEnd::Deferred { .. }
            | AttemptEnd::Suspended { .. }
            | AttemptEnd::Recurred { .. }
            | AttemptEnd::Spawned { .. } => return None,
            AttemptEnd::Failed { .. } | AttemptEnd::Errored { .. } | AttemptEnd::TimedOut => {
                let outcome = end.outcome()?;
                (self.on.contains(&outcome) && before.ended + 1 < self.attempts_max)
                    .then_some(before.ended + 1)?
            }
        };
        Some(self.wait_ms(n, sample))
    }

    fn wait_ms(&self, n: u32, sample: f64) -> u64 {
        let doubled = 1_u64.checked_shl(n - 1).unwrap_or(u64::MAX);
        let wait = self.backoff_min_ms.saturating_mul(doubled).min(self.backoff_max_ms);
        let share = self.jitter.clamp(0.0, 1.0) * sample.clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a wait lies between 0 and the wait; milliseconds need no more"
        )]
        let cut = (wait as f64 * share) as u64;
        wait.saturating_sub(cut)
    }
}

#[cfg(test)]
mod tests;
