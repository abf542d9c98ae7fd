//! What the API is made from, and its limits.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use kernel_model::time::Time;
use kernel_scheduler::Scheduler;

use crate::layer::host::Hosts;

/// Bodies of requests are at most this large.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;
/// A handler that has no answer by then is given up. Streams count until they begin.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What the API serves.
#[derive(Debug, Clone)]
pub struct Api {
    pub scheduler: Scheduler,
    /// The version of the server, for people and clients.
    pub version: String,
    /// The names that the server may be called by.
    pub hosts: Hosts,
}

/// What handlers can ask for.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) scheduler: Scheduler,
    pub(crate) version: Arc<str>,
    pub(crate) started_at: Time,
}

impl App {
    pub(crate) fn new(scheduler: Scheduler, version: &str) -> Self {
        let started_at = scheduler.parts().clock.now();
        Self { scheduler, version: version.into(), started_at }
    }
}

impl FromRef<App> for Scheduler {
    fn from_ref(app: &App) -> Self {
        app.scheduler.clone()
    }
}
