//! What an operator sets.

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
    /// The launcher for steps whose run and language name none.
    pub launcher: String,
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
            tags: vec![],
            kept_volumes_max: 20,
            instance: "local".to_owned(),
        }
    }
}
