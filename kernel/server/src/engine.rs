//! Puts the engine together: store, bytes, processes, plugins, scheduler, API.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use kernel_auth::Access;
use kernel_host::{EgressPolicy, Host, InstalledPlugins, Policy, Ports};
use kernel_model::name::ProjectName;
use kernel_ports::clock::System;
use kernel_ports::plugin::{PluginKind, Plugins as _};
use kernel_ports::plugin_store::PluginStore as _;
use kernel_scheduler::Settings;
use kernel_store_sqlite::ControlStore;

use crate::access::{self, AccessConfig};
use crate::identities::Identities;
use crate::keys::Keys;
use crate::packages::{Depot, PackagesConfig};
use crate::plugin_api::Api;
use crate::project::{Common, Folder};
use crate::projects::Projects;
use crate::secret::configs::Environment;
use crate::secret::{GivenSecrets, Vault, configs};
use crate::standard::{self, STANDARD};

/// What an engine is made from.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where everything is kept.
    pub(crate) data: PathBuf,
    /// Where compiled plugins are kept.
    pub(crate) code: PathBuf,
    pub(crate) plugins: Option<PathBuf>,
    /// Each is `PLUGIN=CAPABILITY[:PARAMETER]`.
    pub(crate) grants: Vec<String>,
    /// Whether plugins can be installed.
    pub(crate) installs: bool,
    /// Where the server key comes from.
    pub(crate) keys: Keys,
    /// What backends of secrets are configured by.
    pub(crate) environment: Environment,
    /// What the configuration gives all pipelines.
    pub(crate) secrets: GivenSecrets,
    /// What identity plugins are configured by.
    pub(crate) identities: Identities,
    pub(crate) settings: Settings,
    /// The project that is served alone, if one is.
    pub(crate) project: Option<ProjectName>,
    pub(crate) access: AccessConfig,
    pub(crate) egress: EgressPolicy,
    /// Where plugins are fetched from, and whom they are trusted from.
    pub(crate) packages: PackagesConfig,
    pub(crate) http: kernel_http::Config,
}

/// A running engine.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub(crate) projects: Arc<Projects>,
    pub(crate) router: Router,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    /// Who may do what.
    pub(crate) access: Access,
    host: Arc<Host>,
    /// For plugins, who do not keep it alive.
    _api: Arc<Router>,
}

impl Engine {
    /// Opens what is kept in `config.data`, and goes on where it stopped.
    pub(crate) async fn start(config: Config) -> anyhow::Result<Self> {
        kernel_host::tls_install();
        let clock = Arc::new(System::default());
        // The server's own things are kept where they were before there was more than one project.
        let home = Folder::open(&config.data, &ProjectName::default(), Arc::clone(&clock))?;
        let ring = Arc::new(config.keys.open(&config.data)?);
        let vault = Vault::new(
            Arc::clone(&home.store) as _,
            Arc::clone(&ring),
            Arc::clone(&clock) as _,
            configs::backend(&config.environment),
        );
        let vault = Arc::new(vault.given(config.secrets.clone()));
        let control = control(&config)?;
        let installed = installed(control.as_ref(), &config).await?;
        let ports = home.ports(Arc::clone(&vault) as _, Arc::clone(&clock));
        let host = host(&config, ports, installed, Arc::clone(&ring))?;
        vault.plugins_set(&(Arc::clone(&host) as _));
        let plugins = host.plugin_list().len();
        let access = access::open(&config, control.clone(), ring, Arc::clone(&clock)).await?;
        if access.is_audited() {
            vault.audit_set(access.audit());
        }
        let api = Api::default();
        let common = Common {
            data: config.data,
            host: Arc::clone(&host),
            vault: Arc::clone(&vault),
            processes: Arc::new(kernel_process::Supervisor::new(shim()?)),
            clock: Arc::clone(&clock),
            settings: config.settings,
            api: Arc::clone(&api),
        };
        // What is kept for good is kept on a server.
        let listed = control.filter(|_| config.installs);
        let projects = Projects::open(common, listed, config.project, home).await?;
        let projects = Arc::new(projects);
        let router = kernel_http::router(kernel_http::Api {
            projects: Arc::clone(&projects) as _,
            plugins: Arc::clone(&host) as _,
            calls: Arc::clone(&host) as _,
            secrets: Some(vault),
            fetch: Arc::clone(&host) as _,
            clock: Arc::clone(&clock) as _,
            entropy: clock,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: config.http,
            access: access.clone(),
            cookies: config.access.cookies,
        });
        let shared = Arc::new(router.clone());
        // Set once, here.
        drop(api.set(Arc::downgrade(&shared)));
        Ok(Self { projects, router, plugins, access, host, _api: shared })
    }

    /// Compiles and loads the plugins that are configured. Those that cannot be used say why when
    /// they are called.
    pub(crate) async fn ready(&self) {
        self.host.preload_configured().await;
    }

    /// Compiles and loads the plugins in the background, so that the first run finds them warm.
    pub(crate) fn preload(&self) {
        let host = Arc::clone(&self.host);
        tokio::spawn(async move {
            for err in host.preload_configured().await {
                tracing::warn!("failed to load a plugin: {err}");
            }
        });
    }

    /// Returns the names of the launchers there are, without their kind.
    pub(crate) fn launchers(&self) -> Vec<String> {
        let plugins = self.host.plugin_list();
        let launchers = plugins.into_iter().filter(|p| p.kinds.contains(&PluginKind::Launcher));
        let short = |name: &str| name.strip_prefix("launcher-").unwrap_or(name).to_owned();
        launchers.map(|plugin| short(&plugin.name)).collect()
    }

    /// Stops taking work, gives attempts in progress `grace`, and stores everything.
    pub(crate) async fn drain(&self, grace: Duration) {
        self.projects.drain(grace).await;
    }
}

/// Opens the store of the server as a whole. `tenon run` keeps nothing in it, so it makes none.
fn control(config: &Config) -> anyhow::Result<Option<Arc<ControlStore>>> {
    let path = config.data.join(access::DATABASE);
    if !config.installs && !path.exists() {
        return Ok(None);
    }
    Ok(Some(Arc::new(ControlStore::open(&path)?)))
}

/// Returns what operators have installed.
async fn installed(
    store: Option<&Arc<ControlStore>>,
    config: &Config,
) -> anyhow::Result<Option<InstalledPlugins>> {
    let Some(store) = store.map(Arc::clone) else { return Ok(None) };
    let facts = store.plugin_facts().await?;
    let packages = Depot::open(config.packages.clone(), config.egress.clone())?;
    let allow_unsigned = config.packages.allow_unsigned;
    Ok(Some(InstalledPlugins { store, facts, packages: Some(Arc::new(packages)), allow_unsigned }))
}

fn host(
    config: &Config,
    ports: Ports,
    installed: Option<InstalledPlugins>,
    keyring: Arc<kernel_keyring::Ring>,
) -> anyhow::Result<Arc<Host>> {
    let mut policy = Policy::new();
    for grant in &config.grants {
        let (plugin, rule) = grant.split_once('=').unwrap_or((grant, ""));
        policy.grant(plugin, rule).context("a --grant makes no sense")?;
    }
    let mut builder = Host::builder(&config.code, ports)
        .policy(policy)
        .egress(config.egress.clone())
        .keyring(keyring);
    for plugin in STANDARD {
        builder = builder.built_in(plugin.name, plugin.bytes);
    }
    // A backend that somebody else has written is configured in the same way.
    let backend = configs::backend(&config.environment);
    for name in STANDARD.iter().map(|plugin| plugin.name).chain(backend.as_deref()) {
        if let Some(config) = configs::of(name, &config.environment)? {
            builder = builder.config(name, config);
        }
    }
    for (plugin, given) in config.identities.configs() {
        builder = builder.config(&plugin, given);
    }
    if let Some(installed) = installed {
        builder = builder.installed(installed, config.data.join("plugins"));
    }
    if let Some(folder) = &config.plugins {
        if !folder.is_dir() {
            bail!(
                "the plugin folder {} does not exist; create it, or leave out --plugins",
                folder.display()
            );
        }
        builder = builder.plugin_dir(folder);
    }
    let host = builder.build()?;
    // All of them at once. A server that starts without what its operator put there would fail later.
    let rejected: Vec<String> = host
        .rejected()
        .iter()
        .map(|(file, reason)| format!("the plugin {} cannot be used: {reason}", file.display()))
        .collect();
    if !rejected.is_empty() {
        bail!("{}; or take it out of the folder", rejected.join("; "));
    }
    config.identities.check(&host)?;
    if host.plugin_list().is_empty() {
        bail!(standard::NONE);
    }
    Ok(host)
}

/// How a program is started under limits: by this binary, which sets them and then becomes it.
fn shim() -> anyhow::Result<Vec<String>> {
    let exe = std::env::current_exe().context("failed to find the path of this program")?;
    Ok(vec![exe.to_string_lossy().into_owned(), crate::EXEC.to_owned()])
}
