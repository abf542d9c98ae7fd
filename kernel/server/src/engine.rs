//! Puts the engine together: store, bytes, processes, plugins, scheduler, API.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use kernel_blob::{Options, Storage};
use kernel_host::{Host, InstalledPlugins, Policy, Ports};
use kernel_http::Hosts;
use kernel_model::name::Name;
use kernel_ports::clock::System;
use kernel_ports::plugin::Plugins as _;
use kernel_ports::plugin_store::PluginStore as _;
use kernel_scheduler::{Parts, Scheduler, Settings};
use kernel_store_sqlite::ControlStore;
use sha2::{Digest as _, Sha256};

use crate::args::Grant;
use crate::keys::Keys;
use crate::masked_logs::MaskedLogs;
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
    pub(crate) grants: Vec<Grant>,
    /// Whether plugins can be installed.
    pub(crate) installs: bool,
    /// Where the server key comes from.
    pub(crate) keys: Keys,
    pub(crate) settings: Settings,
}

/// A running engine.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub(crate) scheduler: Scheduler,
    pub(crate) router: Router,
    /// How many plugins there are.
    pub(crate) plugins: usize,
    host: Arc<Host>,
    secrets: Arc<Keeper>,
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
        let environment = configs::environment();
        let ring = Arc::new(config.keys.open(&config.data)?);
        let secrets = Keeper::open(
            Name::new(kernel_ports::secret::PROJECT)?,
            Arc::clone(&store) as _,
            Arc::clone(&ring),
            Arc::clone(&clock) as _,
            configs::backend(&environment),
        );
        let secrets = Arc::new(secrets.await?);
        let ports = Ports {
            volumes: Arc::clone(&bytes) as _,
            kv: Arc::clone(&store) as _,
            secrets: Arc::clone(&secrets) as _,
            clock: Arc::clone(&clock) as _,
        };
        let installed = installed(&config).await?;
        let host = host(&config, ports, installed, (ring, &environment))?;
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
            entropy: clock,
        };
        let settings = Settings { instance: instance(&config.data), ..config.settings };
        let scheduler = Scheduler::start(parts, settings).await?;
        let router = kernel_http::router(kernel_http::Api {
            scheduler: scheduler.clone(),
            plugins: Arc::clone(&host) as _,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            hosts: Hosts::Loopback { names: vec![] },
        });
        Ok(Self { scheduler, router, plugins, host, secrets })
    }

    /// Compiles and loads the plugins. Those that cannot be used say why when they are called.
    pub(crate) async fn ready(&self) {
        self.host.preload().await;
    }

    /// Compiles and loads the plugins in the background, so that the first run finds them warm.
    pub(crate) fn preload(&self) {
        let host = Arc::clone(&self.host);
        tokio::spawn(async move {
            for err in host.preload().await {
                tracing::warn!("failed to load a plugin: {err}");
            }
        });
    }

    /// Stops taking work, gives attempts in progress `grace`, and stores everything.
    pub(crate) async fn drain(&self, grace: Duration) {
        self.scheduler.drain(grace).await;
        self.secrets.settle().await;
    }
}

/// Returns what operators have installed. `tenon run` installs nothing, so it makes no store for it.
async fn installed(config: &Config) -> anyhow::Result<Option<InstalledPlugins>> {
    let path = config.data.join("control.db");
    if !config.installs && !path.exists() {
        return Ok(None);
    }
    let store = Arc::new(ControlStore::open(&path)?);
    let facts = store.plugin_facts().await?;
    Ok(Some(InstalledPlugins { store, facts, packages: None }))
}

fn host(
    config: &Config,
    ports: Ports,
    installed: Option<InstalledPlugins>,
    (keyring, environment): (Arc<kernel_keyring::Ring>, &configs::Environment),
) -> anyhow::Result<Arc<Host>> {
    let mut policy = Policy::new();
    for grant in &config.grants {
        policy.grant(&grant.plugin, &grant.rule).context("a --grant makes no sense")?;
    }
    let mut builder = Host::builder(&config.code, ports).policy(policy).keyring(keyring);
    for plugin in STANDARD {
        builder = builder.built_in(plugin.name, plugin.bytes);
        if let Some(config) = configs::of(plugin.name, environment)? {
            builder = builder.config(plugin.name, config);
        }
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
