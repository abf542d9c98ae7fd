//! Puts the engine together: store, bytes, processes, plugins, scheduler, API.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use kernel_auth::Access;
use kernel_blob::{Options, Storage};
use kernel_host::{EgressPolicy, Host, InstalledPlugins, Policy, Ports};
use kernel_model::name::Name;
use kernel_ports::api::ServerApi;
use kernel_ports::clock::System;
use kernel_ports::plugin::{PluginKind, Plugins as _};
use kernel_ports::plugin_store::PluginStore as _;
use kernel_scheduler::{Parts, Scheduler, Settings};
use kernel_store_sqlite::ControlStore;
use sha2::{Digest as _, Sha256};

use crate::access::{self, AccessConfig};
use crate::identities::Identities;
use crate::keys::Keys;
use crate::masked_logs::MaskedLogs;
use crate::packages::{Depot, PackagesConfig};
use crate::plugin_api::PluginApi;
use crate::secret::configs::Environment;
use crate::secret::{Keeper, configs};
use crate::standard::{self, STANDARD};

/// There is one project until there are more.
const PROJECT: &str = "projects/default";

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
    /// What identity plugins are configured by.
    pub(crate) identities: Identities,
    pub(crate) settings: Settings,
    pub(crate) access: AccessConfig,
    pub(crate) egress: EgressPolicy,
    /// Where plugins are fetched from, and whom they are trusted from.
    pub(crate) packages: PackagesConfig,
    pub(crate) http: kernel_http::Config,
}

/// A running engine.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub(crate) scheduler: Scheduler,
    pub(crate) router: Router,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    /// Who may do what.
    pub(crate) access: Access,
    host: Arc<Host>,
    secrets: Arc<Keeper>,
    /// For plugins, who do not keep it alive.
    _api: Arc<PluginApi>,
}

impl Engine {
    /// Opens what is kept in `config.data`, and goes on where it stopped.
    pub(crate) async fn start(config: Config) -> anyhow::Result<Self> {
        kernel_host::tls_install();
        let project = config.data.join(PROJECT);
        std::fs::create_dir_all(&project).with_context(|| {
            format!(
                "the data folder {} cannot be written to; name another with --data",
                config.data.display()
            )
        })?;
        let store = Arc::new(kernel_store_sqlite::SqliteStore::open(&project.join("project.db"))?);
        let clock = Arc::new(System::default());
        let bytes = Storage::open(&project, Options::default(), Arc::clone(&clock) as _)?;
        let ring = Arc::new(config.keys.open(&config.data)?);
        let secrets = Keeper::open(
            Name::new(kernel_ports::secret::PROJECT)?,
            Arc::clone(&store) as _,
            Arc::clone(&ring),
            Arc::clone(&clock) as _,
            configs::backend(&config.environment),
        );
        let secrets = Arc::new(secrets.await?);
        let ports = Ports {
            volumes: Arc::clone(&bytes) as _,
            kv: Arc::clone(&store) as _,
            buckets: Arc::clone(&bytes) as _,
            secrets: Arc::clone(&secrets) as _,
            clock: Arc::clone(&clock) as _,
        };
        let control = control(&config)?;
        let installed = installed(control.as_ref(), &config).await?;
        let host = host(&config, ports, installed, Arc::clone(&ring))?;
        secrets.plugins_set(&(Arc::clone(&host) as _));
        let plugins = host.plugin_list().len();
        let parts = Parts {
            store,
            plugins: Arc::clone(&host) as _,
            logs: Arc::new(MaskedLogs::new(Arc::clone(&bytes) as _, Arc::clone(&secrets))),
            blobs: Arc::clone(&bytes) as _,
            volumes: bytes,
            processes: Arc::new(kernel_process::Supervisor::new(shim()?)),
            secrets: Arc::clone(&secrets) as _,
            fetch: Arc::clone(&host) as _,
            clock: Arc::clone(&clock) as _,
            entropy: Arc::clone(&clock) as _,
        };
        let access = access::open(&config, control, ring, clock).await?;
        if access.is_audited() {
            secrets.audit_set(access.audit());
        }
        let settings = Settings { instance: instance(&config.data), ..config.settings };
        let scheduler = Scheduler::start(parts, settings).await?;
        let router = kernel_http::router(kernel_http::Api {
            scheduler: scheduler.clone(),
            plugins: Arc::clone(&host) as _,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: config.http,
            access: access.clone(),
            cookies: config.access.cookies,
        });
        let store = Arc::clone(&scheduler.parts().store);
        let api = Arc::new(PluginApi::new(router.clone(), store));
        host.api_set(&(Arc::clone(&api) as Arc<dyn ServerApi>));
        Ok(Self { scheduler, router, plugins, access, host, secrets, _api: api })
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
        self.scheduler.drain(grace).await;
        self.secrets.settle().await;
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

/// Returns a word that is the same for each start with the same data, and for no other data.
fn instance(data: &Path) -> String {
    let path = std::fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(8).fold(String::new(), |mut word, byte| {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
        word
    })
}
