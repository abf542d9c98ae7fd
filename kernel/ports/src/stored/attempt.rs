//! Twins of what happens to attempts.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel_model::attempt::{AttemptEnd, AttemptEvent, Lease, Why};
use kernel_model::id::RunId;
use kernel_model::time::Time;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredWhy {
    First,
    Retried,
    Suspended,
    Recurred,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredAttempt<'a> {
    Assigned {
        token: u64,
        #[serde(borrow)]
        holder: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<u64>,
    },
    Started {
        token: u64,
    },
    Saved {
        token: u64,
        #[serde(borrow)]
        state: StoredBytes<'a>,
    },
    CancelRequested {
        #[serde(borrow)]
        by: Cow<'a, str>,
    },
    Ended {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<u64>,
        #[serde(borrow)]
        end: StoredEnd<'a>,
    },
}

/// Bytes: as they are if they are text, which most are, else in base 64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredBytes<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Base64(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredEnd<'a> {
    Succeeded {
        #[serde(borrow)]
        value: Cow<'a, str>,
    },
    Failed {
        #[serde(borrow)]
        message: Cow<'a, str>,
        retryable: bool,
        #[serde(borrow)]
        value: Cow<'a, str>,
    },
    Errored {
        #[serde(borrow)]
        message: Cow<'a, str>,
        retryable: bool,
    },
    TimedOut,
    Cancelled {
        #[serde(borrow)]
        by: Cow<'a, str>,
    },
    Abandoned {
        #[serde(borrow)]
        message: Cow<'a, str>,
    },
    Skipped,
    Cached {
        from: String,
        #[serde(borrow)]
        value: Cow<'a, str>,
    },
    Deferred {
        to: String,
    },
    Suspended {
        until: u64,
    },
    Recurred {
        at: u64,
    },
    Spawned {
        run: String,
    },
}

impl From<Why> for StoredWhy {
    fn from(why: Why) -> Self {
        match why {
            Why::First => Self::First,
            Why::Retried => Self::Retried,
            Why::Suspended => Self::Suspended,
            Why::Recurred => Self::Recurred,
        }
    }
}

impl From<StoredWhy> for Why {
    fn from(why: StoredWhy) -> Self {
        match why {
            StoredWhy::First => Self::First,
            StoredWhy::Retried => Self::Retried,
            StoredWhy::Suspended => Self::Suspended,
            StoredWhy::Recurred => Self::Recurred,
        }
    }
}

impl<'a> From<&'a AttemptEvent> for StoredAttempt<'a> {
    fn from(event: &'a AttemptEvent) -> Self {
        match event {
            AttemptEvent::Assigned { lease: Lease { token, holder, until } } => {
                let until = until.map(|time| time.0);
                Self::Assigned { token: *token, holder: Cow::Borrowed(holder), until }
            }
            AttemptEvent::Started { token } => Self::Started { token: *token },
            AttemptEvent::MachineSaved { token, state } => {
                Self::Saved { token: *token, state: StoredBytes::from(&**state) }
            }
            AttemptEvent::CancelRequested { by } => Self::CancelRequested { by: Cow::Borrowed(by) },
            AttemptEvent::Ended { token, end } => Self::Ended { token: *token, end: end.into() },
        }
    }
}

impl TryFrom<StoredAttempt<'_>> for AttemptEvent {
    type Error = String;

    fn try_from(twin: StoredAttempt<'_>) -> Result<Self, String> {
        Ok(match twin {
            StoredAttempt::Assigned { token, holder, until } => {
                let lease = Lease { token, holder: holder.into(), until: until.map(Time) };
                Self::Assigned { lease }
            }
            StoredAttempt::Started { token } => Self::Started { token },
            StoredAttempt::Saved { token, state } => {
                Self::MachineSaved { token, state: state.try_into()? }
            }
            StoredAttempt::CancelRequested { by } => Self::CancelRequested { by: by.into() },
            StoredAttempt::Ended { token, end } => Self::Ended { token, end: end.try_into()? },
        })
    }
}

impl<'a> From<&'a [u8]> for StoredBytes<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }
}

impl TryFrom<StoredBytes<'_>> for Arc<[u8]> {
    type Error = String;

    fn try_from(twin: StoredBytes<'_>) -> Result<Self, String> {
        match twin {
            StoredBytes::Text(text) => Ok(text.as_bytes().into()),
            StoredBytes::Base64(text) => {
                let bytes = STANDARD.decode(text);
                bytes.map(Into::into).map_err(|err| format!("a state is not base 64: {err}"))
            }
        }
    }
}

impl<'a> From<&'a AttemptEnd> for StoredEnd<'a> {
    fn from(end: &'a AttemptEnd) -> Self {
        use Cow::Borrowed;
        match end {
            AttemptEnd::Succeeded { value } => Self::Succeeded { value: Borrowed(value) },
            AttemptEnd::Failed { message, retryable, value } => Self::Failed {
                message: Borrowed(message),
                retryable: *retryable,
                value: Borrowed(value),
            },
            AttemptEnd::Errored { message, retryable } => {
                Self::Errored { message: Borrowed(message), retryable: *retryable }
            }
            AttemptEnd::TimedOut => Self::TimedOut,
            AttemptEnd::Cancelled { by } => Self::Cancelled { by: Borrowed(by) },
            AttemptEnd::Abandoned { message } => Self::Abandoned { message: Borrowed(message) },
            AttemptEnd::Skipped => Self::Skipped,
            AttemptEnd::Cached { from, value } => {
                Self::Cached { from: from.to_string(), value: Borrowed(value) }
            }
            AttemptEnd::Deferred { to } => Self::Deferred { to: to.to_string() },
            AttemptEnd::Suspended { until } => Self::Suspended { until: until.0 },
            AttemptEnd::Recurred { at } => Self::Recurred { at: at.0 },
            AttemptEnd::Spawned { run } => Self::Spawned { run: run.to_string() },
        }
    }
}

impl TryFrom<StoredEnd<'_>> for AttemptEnd {
    type Error = String;

    fn try_from(twin: StoredEnd<'_>) -> Result<Self, String> {
        Ok(match twin {
            StoredEnd::Succeeded { value } => Self::Succeeded { value: value.into() },
            StoredEnd::Failed { message, retryable, value } => {
                Self::Failed { message: message.into(), retryable, value: value.into() }
            }
            StoredEnd::Errored { message, retryable } => {
                Self::Errored { message: message.into(), retryable }
            }
            StoredEnd::TimedOut => Self::TimedOut,
            StoredEnd::Cancelled { by } => Self::Cancelled { by: by.into() },
            StoredEnd::Abandoned { message } => Self::Abandoned { message: message.into() },
            StoredEnd::Skipped => Self::Skipped,
            StoredEnd::Cached { from, value } => {
                Self::Cached { from: run_id(&from)?, value: value.into() }
            }
            StoredEnd::Deferred { to } => Self::Deferred { to: run_id(&to)? },
            StoredEnd::Suspended { until } => Self::Suspended { until: Time(until) },
            StoredEnd::Recurred { at } => Self::Recurred { at: Time(at) },
            StoredEnd::Spawned { run } => Self::Spawned { run: run_id(&run)? },
        })
    }
}

fn run_id(text: &str) -> Result<RunId, String> {
    text.parse().map_err(|err: kernel_model::id::IdError| err.to_string())
}
