//! What the API is made from, and its limits.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use kernel_auth::Access;
use kernel_model::name::ProjectName;
use kernel_model::network::Cidr;
use kernel_model::time::Time;
use kernel_ports::clock::{Clock, Entropy};
use kernel_ports::fetch::Fetch;
use kernel_ports::plugin::Plugins;
use kernel_ports::plugin_admin::PluginAdmin;
use kernel_ports::secret::SecretBook;

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::Site;
use crate::layer::host::Hosts;
use crate::layer::project::Addressing;
use crate::layer::rate::Rates;
use crate::projects::Projects;

/// An installation may have to fetch many megabytes over a slow network, which is given five minutes,
/// and to compile them on a small machine.
pub(crate) const INSTALL_TIMEOUT: Duration = Duration::from_secs(480);

/// How the API treats requests, whatever they are about.
#[derive(Debug, Clone)]
pub struct Config {
    /// The names that the server may be called by.
    pub hosts: Hosts,
    /// What says which project a request is about.
    pub addressing: Addressing,
    /// Pages of these origins may call the server; in each a `*` may stand for one name.
    pub allow_origins: Vec<String>,
    /// What these say about the client is believed.
    pub trusted_proxies: Vec<Cidr>,
    pub rates: Rates,
    pub body: BodyLimits,
    /// Time between two pieces of a body.
    pub body_timeout: Duration,
    /// How browsers reach the server, for those that come back from identity providers: scheme and
    /// host, or the whole address that one provider knows. None: as they call it.
    pub callback_url: Option<String>,
    pub oauth: Oauth,
    /// A handler that has no answer by then is given up. Streams count until they begin.
    pub answer_timeout: Duration,
}

/// How programs are let in by people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oauth {
    pub is_on: bool,
    /// Programs may register themselves.
    pub registers: bool,
}

/// What a body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    pub bytes_max: usize,
    /// How deep JSON may nest. Deeper values would meet the limits of plugins and viewers later.
    pub depth_max: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { bytes_max: 4 << 20, depth_max: 64 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hosts: Hosts::Loopback { names: vec![] },
            addressing: Addressing::default(),
            allow_origins: vec![],
            trusted_proxies: vec![],
            rates: Rates { address: 6_000, token: 12_000, project: 0 },
            body: BodyLimits::default(),
            body_timeout: Duration::from_secs(30),
            callback_url: None,
            oauth: Oauth { is_on: true, registers: true },
            answer_timeout: Duration::from_secs(30),
        }
    }
}

/// What the API serves.
#[derive(Clone)]
pub struct Api {
    pub projects: Arc<dyn Projects>,
    pub plugins: Arc<dyn PluginAdmin>,
    /// Plugins that work for the server as a whole, such as those that know who somebody is.
    pub calls: Arc<dyn Plugins>,
    /// None: no secrets are kept here.
    pub secrets: Option<Arc<dyn SecretBook>>,
    /// What reads addresses of others, such as those of apps.
    pub fetch: Arc<dyn Fetch>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// The version of the server, for people and clients.
    pub version: String,
    pub config: Config,
    /// Who may do what.
    pub access: Access,
    pub cookies: Cookies,
}

/// Makes a request one of a plugin that acts for somebody, when it is among its extensions.
#[derive(Debug, Clone)]
pub struct Behalf {
    /// As [`kernel_auth::Caller::behalf`] has said them.
    pub words: String,
    /// That of the run. It calls nothing in another one.
    pub project: ProjectName,
    /// The name of the binding, for the audit.
    pub plugin: String,
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
    pub(crate) projects: Arc<dyn Projects>,
    pub(crate) plugins: Arc<dyn PluginAdmin>,
    pub(crate) calls: Arc<dyn Plugins>,
    pub(crate) secrets: Option<Arc<dyn SecretBook>>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) version: Arc<str>,
    pub(crate) started_at: Time,
    pub(crate) access: Access,
    pub(crate) cookies: Cookies,
    pub(crate) callback_url: Option<Arc<str>>,
    pub(crate) oauth: Oauth,
}

/// The life of plugins.
#[derive(Clone)]
pub(crate) struct PluginLife(pub(crate) Arc<dyn PluginAdmin>);

impl App {
    pub(crate) fn new(api: &Api) -> Self {
        Self {
            projects: Arc::clone(&api.projects),
            plugins: Arc::clone(&api.plugins),
            calls: Arc::clone(&api.calls),
            secrets: api.secrets.clone(),
            fetch: Arc::clone(&api.fetch),
            clock: Arc::clone(&api.clock),
            entropy: Arc::clone(&api.entropy),
            version: api.version.as_str().into(),
            started_at: api.clock.now(),
            access: api.access.clone(),
            cookies: api.cookies,
            callback_url: api.config.callback_url.as_deref().map(Into::into),
            oauth: api.config.oauth,
        }
    }

    /// Returns what this server is called in OAuth, or why there is none.
    pub(crate) fn issuer<'a>(&self, site: &'a Site) -> Result<&'a str, ApiError> {
        let off = |detail: &str| ApiError::new(Code::OauthOff, detail);
        if self.access.is_open() {
            return Err(off("this server asks nobody who they are, so programs need no tokens"));
        }
        if !self.oauth.is_on {
            return Err(off("programs cannot be let in by OAuth on this server")
                .hint("the operator can allow it by access.oauth"));
        }
        site.issuer().ok_or_else(|| {
            off("programs are let in by HTTPS only, or on this machine")
                .hint("the operator says by access.callback_url how browsers reach the server")
        })
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

impl FromRef<App> for Arc<dyn Clock> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.clock)
    }
}
