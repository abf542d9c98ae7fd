//! Takes the values of secrets out of what an attempt leaves behind.
//!
//! Logs are masked where they are written; this is for what goes into the history: outputs,
//! messages, names of artifacts.

use std::sync::Arc;

use kernel_model::attempt::{AttemptEnd, Text};
use kernel_model::id::RunId;
use kernel_ports::secret::Secrets;

use super::{Attempt, Ended};

/// Knows the values that were lent to one run.
pub(super) struct Mask {
    secrets: Arc<dyn Secrets>,
    run: RunId,
}

impl Mask {
    pub(super) fn of(attempt: &Attempt) -> Self {
        Self { secrets: Arc::clone(&attempt.parts.secrets), run: attempt.run }
    }

    /// Masks a text.
    fn text(&self, text: &mut Text) {
        if let Some(masked) = self.secrets.secret_mask(self.run, text) {
            *text = masked.into();
        }
    }

    /// Masks JSON, which stays JSON.
    pub(super) fn json(&self, text: String) -> String {
        let Some(masked) = self.secrets.secret_mask(self.run, &text) else { return text };
        // A value that is a number leaves a hole where a number stood.
        if serde_json::from_str::<serde::de::IgnoredAny>(&masked).is_ok() {
            return masked;
        }
        let mut value = serde_json::from_str(&text).unwrap_or_default();
        self.value(&mut value);
        value.to_string()
    }

    fn value(&self, value: &mut serde_json::Value) {
        use serde_json::Value;
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.value(field)),
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) | Value::String(_) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                if let Some(masked) = self.secrets.secret_mask(self.run, &text) {
                    *value = Value::String(masked);
                }
            }
        }
    }

    /// Masks what goes into the history.
    pub(super) fn ended(&self, mut ended: Ended) -> Ended {
        match &mut ended.end {
            AttemptEnd::Succeeded { value } => *value = self.json(value.to_string()).into(),
            AttemptEnd::Failed { message, value, .. } => {
                self.text(message);
                *value = self.json(value.to_string()).into();
            }
            AttemptEnd::Errored { message, .. } | AttemptEnd::Abandoned { message } => {
                self.text(message);
            }
            AttemptEnd::TimedOut
            | AttemptEnd::Cancelled { .. }
            | AttemptEnd::Skipped
            | AttemptEnd::Cached { .. }
            | AttemptEnd::Deferred { .. }
            | AttemptEnd::Suspended { .. }
            | AttemptEnd::Recurred { .. }
            | AttemptEnd::Spawned { .. } => {}
        }
        for artifact in &mut ended.artifacts {
            self.text(&mut artifact.name);
        }
        ended
    }
}
