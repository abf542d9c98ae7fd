//! What an operator sets.

use std::sync::Arc;

use kernel_model::selection::Selection;

use crate::SchedulerError;

/// Limits and habits of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many runs may be in progress.
    pub runs_max: usize,
    /// How many accepted runs may wait for that. More are refused.
    pub queue_max: usize,
    /// How many attempts may be in progress, over all runs.
    pub attempts_max: usize,
    /// Time between asking a step to end and ending it.
    pub grace_ms: u64,
    /// The launcher for steps whose run and language name none, where no binding is the default.
    pub launcher: String,
    /// Which launchers steps may use (`runs.launchers_allowed`).
    pub launchers_allowed: Arc<Selection>,
    /// Which features are on (`server.features`).
    pub features: Arc<Selection>,
    /// What this server can offer to steps that ask for tags.
    pub tags: Vec<String>,
    /// Of how many ended runs the volumes are kept, so that steps can be retried on them.
    pub kept_volumes_max: usize,
    /// Tells the processes of this store apart from those of others on the same machine.
    pub instance: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            runs_max: 100,
            queue_max: 10_000,
            attempts_max: 64,
            grace_ms: 10_000,
            launcher: "process".to_owned(),
            launchers_allowed: Arc::new(Selection::everything()),
            features: Arc::new(Selection::everything()),
            tags: vec![],
            kept_volumes_max: 20,
            instance: "local".to_owned(),
        }
    }
}

/// What can be switched off as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Steps that read texts from URLs.
    Fetch,
    /// Secrets that runs are lent.
    Secrets,
    /// Runs that are run again.
    Retries,
}

impl Feature {
    /// Returns the name that `server.features` has for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Secrets => "secrets",
            Self::Retries => "retries",
        }
    }
}

/// Returns whether steps may use a launcher, by its name in full or without its kind.
pub(crate) fn launcher_allowed(allowed: &Selection, launcher: &str) -> bool {
    allowed.allows(launcher.strip_prefix("launcher-").unwrap_or(launcher))
}

impl Settings {
    pub(crate) fn feature_check(&self, feature: Feature) -> Result<(), SchedulerError> {
        if self.features.allows(feature.word()) {
            return Ok(());
        }
        Err(SchedulerError::FeatureOff { feature: feature.word() })
    }
}
