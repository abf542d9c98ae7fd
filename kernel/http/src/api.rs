//! What the API is made from, and its limits.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use kernel_model::time::Time;
use kernel_ports::plugin_admin::PluginAdmin;
use kernel_scheduler::Scheduler;

use crate::layer::host::Hosts;

/// Bodies of requests are at most this large.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;
/// A handler that has no answer by then is given up. Streams count until they begin.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// An installation may have to compile many megabytes on a small machine.
pub(crate) const INSTALL_TIMEOUT: Duration = Duration::from_secs(300);

/// What the API serves.
#[derive(Clone)]
pub struct Api {
    pub scheduler: Scheduler,
    pub plugins: Arc<dyn PluginAdmin>,
    /// The version of the server, for people and clients.
    pub version: String,
    /// The names that the server may be called by.
    pub hosts: Hosts,
}

/// What handlers can ask for.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) scheduler: Scheduler,
    pub(crate) plugins: Arc<dyn PluginAdmin>,
    pub(crate) version: Arc<str>,
    pub(crate) started_at: Time,
}

/// The life of plugins.
#[derive(Clone)]
pub(crate) struct PluginLife(pub(crate) Arc<dyn PluginAdmin>);

impl App {
    pub(crate) fn new(scheduler: Scheduler, plugins: Arc<dyn PluginAdmin>, version: &str) -> Self {
        let started_at = scheduler.parts().clock.now();
        Self { scheduler, plugins, version: version.into(), started_at }
    }
}

impl FromRef<App> for PluginLife {
    fn from_ref(app: &App) -> Self {
        Self(Arc::clone(&app.plugins))
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("version", &self.version).finish_non_exhaustive()
    }
}

impl FromRef<App> for Scheduler {
    fn from_ref(app: &App) -> Self {
        app.scheduler.clone()
    }
}
