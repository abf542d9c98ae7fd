//! Between the words of the contract and those of the model.

use kernel_model::outcome::Outcome;
use kernel_model::retry::RetryPolicy;
use wit_envelope::machine::Status;
use wit_envelope::policy::Retry;

pub(crate) fn outcome(status: Status) -> Outcome {
    match status {
        Status::Succeeded => Outcome::Succeeded,
        Status::Failed => Outcome::Failed,
        Status::Errored => Outcome::Errored,
        Status::TimedOut => Outcome::TimedOut,
        Status::Cancelled => Outcome::Cancelled,
        Status::Skipped => Outcome::Skipped,
    }
}

pub(crate) fn status(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Succeeded => Status::Succeeded,
        Outcome::Failed => Status::Failed,
        Outcome::Errored => Status::Errored,
        Outcome::TimedOut => Status::TimedOut,
        Outcome::Cancelled => Status::Cancelled,
        Outcome::Skipped => Status::Skipped,
    }
}

pub(crate) fn retry_policy(retry: &Retry) -> RetryPolicy {
    RetryPolicy {
        attempts_max: retry.attempts_max.max(1),
        backoff_min_ms: retry.backoff_min_ms,
        backoff_max_ms: retry.backoff_max_ms,
        jitter: retry.jitter,
        on: retry.on.iter().copied().map(outcome).collect(),
        abandoned_max: retry.abandoned_max,
    }
}
