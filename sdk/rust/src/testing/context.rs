//! The double of `context`.

/// What the calls of a test are told about themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in the contract")]
pub struct Facts {
    pub run_id: Option<String>,
    pub step_path: Option<String>,
    pub attempt: u32,
    pub binding: String,
    pub event_time_ms: u64,
    pub deadline_ms: u64,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            run_id: Some("run_test".into()),
            step_path: Some("test".into()),
            attempt: 1,
            binding: "test".into(),
            event_time_ms: 0,
            deadline_ms: u64::MAX,
        }
    }
}

pub(crate) fn run_id() -> Option<String> {
    super::with(|host| host.context.run_id.clone())
}

pub(crate) fn step_path() -> Option<String> {
    super::with(|host| host.context.step_path.clone())
}

pub(crate) fn attempt() -> u32 {
    super::with(|host| host.context.attempt)
}

pub(crate) fn binding() -> String {
    super::with(|host| host.context.binding.clone())
}

pub(crate) fn event_time_ms() -> u64 {
    super::with(|host| host.context.event_time_ms)
}

pub(crate) fn deadline_ms() -> u64 {
    super::with(|host| host.context.deadline_ms)
}
