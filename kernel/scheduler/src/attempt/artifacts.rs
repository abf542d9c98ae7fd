//! Files of a success that are kept.

use kernel_model::attempt::AttemptEnd;

use super::{Attempt, Ended, chain, errored, store_retryable};

impl Attempt {
    /// Keeps what the options name. A success whose artifact is missing is an error: who relies on
    /// the file must hear of it now.
    pub(super) async fn keep_artifacts(&self, end: AttemptEnd) -> Ended {
        let rules = &self.options.artifacts;
        if rules.is_empty() || !matches!(end, AttemptEnd::Succeeded { .. }) {
            return Ended::without(end);
        }
        let at = self.parts.clock.now();
        match self.parts.blobs.artifact_keep(self.run, self.step, rules, at).await {
            Ok(artifacts) => Ended { artifacts, ..Ended::without(end) },
            Err(err) => Ended::without(errored(&chain(&err), store_retryable(&err))),
        }
    }
}
