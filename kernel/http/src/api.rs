//! What the API is made from, and its limits.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use kernel_auth::Access;
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
    /// Who may do what.
    pub access: Access,
    pub cookies: Cookies,
}

/// How browsers keep sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cookies {
    /// They are sent over HTTPS only.
    pub is_secure: bool,
    /// Links on other sites open without the session.
    pub is_strict: bool,
}

/// What handlers can ask for.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) scheduler: Scheduler,
    pub(crate) plugins: Arc<dyn PluginAdmin>,
    pub(crate) version: Arc<str>,
    pub(crate) started_at: Time,
    pub(crate) access: Access,
    pub(crate) cookies: Cookies,
}

/// The life of plugins.
#[derive(Clone)]
pub(crate) struct PluginLife(pub(crate) Arc<dyn PluginAdmin>);

impl App {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            scheduler: api.scheduler.clone(),
            plugins: Arc::clone(&api.plugins),
            version: api.version.as_str().into(),
            started_at: api.scheduler.parts().clock.now(),
            access: api.access.clone(),
            cookies: api.cookies,
        }
    }

    /// Returns what clients are asked for who did not say who they are.
    pub(crate) fn challenge(&self) -> &'static str {
        "Bearer realm=\"tenon\""
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

impl FromRef<App> for Access {
    fn from_ref(app: &App) -> Self {
        app.access.clone()
    }
}

impl FromRef<App> for Scheduler {
    fn from_ref(app: &App) -> Self {
        app.scheduler.clone()
    }
}
