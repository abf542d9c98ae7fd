//! The answer of a step machine to each call.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use wit_envelope::machine::{Outcome, Status};

use crate::error::{Error, Result};

/// The answer of a step machine: the end of the attempt, or what it waits with.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<S> {
    /// The attempt has ended.
    Done(Outcome),
    /// The attempt goes on when something happens.
    Wait {
        /// What the next call gets back, at most 256 KiB as JSON.
        state: S,
        /// Ask for [`Event::Wake`](crate::Event::Wake) after this time.
        wake_after: Option<Duration>,
    },
}

impl<S> Step<S> {
    /// Ends the attempt.
    #[must_use]
    pub fn done(outcome: Outcome) -> Self {
        Self::Done(outcome)
    }

    /// Ends the attempt with a success that gives `output`.
    pub fn succeeded(output: &impl Serialize) -> Result<Self> {
        Ok(Self::Done(Outcome::succeeded(json(output)?)))
    }

    /// Ends the attempt: the work said no. `message` is one sentence for people.
    pub fn failed(message: impl Into<String>, output: &impl Serialize) -> Result<Self> {
        Ok(Self::Done(Outcome {
            status: Status::Failed,
            message: Some(message.into()),
            retryable: true,
            output: json(output)?,
        }))
    }

    /// Ends the attempt: the machinery broke, and trying again may help.
    pub fn errored(message: impl Into<String>) -> Self {
        Self::broken(message.into(), true)
    }

    /// Ends the attempt: the machinery broke, and trying again cannot help.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::broken(message.into(), false)
    }

    /// Goes on when something happens; the next call gets `state` back.
    #[must_use]
    pub fn wait(state: S) -> Self {
        Self::Wait { state, wake_after: None }
    }

    /// Asks to be woken after `time` if nothing happens before. Means nothing for an ended attempt.
    #[must_use]
    pub fn wake_after(mut self, time: Duration) -> Self {
        if let Self::Wait { wake_after, .. } = &mut self {
            *wake_after = Some(time);
        }
        self
    }

    fn broken(message: String, retryable: bool) -> Self {
        Self::Done(Outcome {
            status: Status::Errored,
            message: Some(message),
            retryable,
            output: Value::Null,
        })
    }
}

fn json(output: &impl Serialize) -> Result<Value> {
    serde_json::to_value(output)
        .map_err(|err| Error::internal(format!("failed to write the output as json: {err}")))
}
