//! Sets up a host: what it needs, what it carries, and what is allowed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use kernel_ports::clock::Clock;
use kernel_ports::keyring::Keyring;
use kernel_ports::kv::KvStore;
use kernel_ports::secret::Secrets;
use kernel_ports::volume::Volumes;
use serde_json::Value;
use tokio::sync::{OnceCell, Semaphore};

use crate::cache::Cache;
use crate::egress::Egress;
use crate::grant::Grants;
use crate::host::Running;
use crate::inspect::{self, InspectError};
use crate::limits::CallLimits;
use crate::plugin::{LogGate, Plugin, Source};
use crate::policy::Policy;
use crate::registry::Registry;

/// Why a host could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("failed to open the cache of compiled plugins in {path}")]
    Cache {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("failed to read the plugin directory {path}")]
    Directory {
        path: PathBuf,
        #[source]
        err: io::Error,
    },
    #[error("the built-in plugin {name:?} cannot be used")]
    BuiltIn {
        name: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the configuration of the plugin {name:?} is {found}, but must be a JSON object")]
    Config { name: String, found: String },
}

/// Runs plugins. It implements [`kernel_ports::plugin::Plugins`] and [`kernel_ports::fetch::Fetch`].
///
/// Setting it up reads the plugins and compiles none; the engine starts with the first call.
pub struct Host {
    pub(crate) registry: Registry,
    pub(crate) services: Arc<Services>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) running: OnceLock<Result<Running, String>>,
    /// In front of the pool of instances, so that a rush queues instead of failing.
    pub(crate) permits: Semaphore,
    rejected: Vec<(PathBuf, String)>,
}

/// What host functions use.
pub(crate) struct Services {
    pub(crate) volumes: Arc<dyn Volumes>,
    pub(crate) kv: Arc<dyn KvStore>,
    pub(crate) secrets: Arc<dyn Secrets>,
    /// None: the server has no key.
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: CallLimits,
    /// JSON, by plugin.
    pub(crate) configs: BTreeMap<String, String>,
    pub(crate) egress: Egress,
}

/// The ports that plugins reach through their capabilities.
#[derive(Clone)]
pub struct Ports {
    pub volumes: Arc<dyn Volumes>,
    pub kv: Arc<dyn KvStore>,
    pub secrets: Arc<dyn Secrets>,
    pub clock: Arc<dyn Clock>,
}

/// Collects the settings of a [`Host`].
pub struct HostBuilder {
    cache_dir: PathBuf,
    ports: Ports,
    built_ins: Vec<(String, Cow<'static, [u8]>)>,
    plugin_dir: Option<PathBuf>,
    policy: Policy,
    configs: BTreeMap<String, Value>,
    limits: CallLimits,
    keyring: Option<Arc<dyn Keyring>>,
}

impl Host {
    /// Begins to set up a host that keeps compiled plugins in `cache_dir`.
    ///
    /// By default there are no plugins, nothing is granted to those from the plugin directory, no
    /// plugin is configured, and the limits are those of [`CallLimits::default`].
    pub fn builder(cache_dir: impl Into<PathBuf>, ports: Ports) -> HostBuilder {
        HostBuilder {
            cache_dir: cache_dir.into(),
            ports,
            built_ins: Vec::new(),
            plugin_dir: None,
            policy: Policy::new(),
            configs: BTreeMap::new(),
            limits: CallLimits::default(),
            keyring: None,
        }
    }

    /// Returns the files of the plugin directory that cannot be used, and why.
    #[must_use]
    pub fn rejected(&self) -> &[(PathBuf, String)] {
        &self.rejected
    }
}

impl HostBuilder {
    /// Adds a plugin that the server carries, as it is or compressed with Zstandard.
    #[must_use]
    pub fn built_in(mut self, name: &str, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.built_ins.push((name.to_owned(), bytes.into()));
        self
    }

    /// Adds the `*.wasm` of a directory, in place of built-in plugins of the same name. A directory
    /// that is not there has no plugins.
    #[must_use]
    pub fn plugin_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.plugin_dir = Some(dir.into());
        self
    }

    /// Sets what plugins that are not built in may use.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets what the plugin `name` reads as its configuration: a JSON object.
    #[must_use]
    pub fn config(mut self, name: &str, config: Value) -> Self {
        self.configs.insert(name.to_owned(), config);
        self
    }

    /// Sets what seals and opens for plugins that are granted `keyring`.
    #[must_use]
    pub fn keyring(mut self, keyring: Arc<dyn Keyring>) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Sets the limits of calls.
    #[must_use]
    pub fn limits(mut self, limits: CallLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Reads all plugins. A file of the plugin directory that cannot be used is left out, with a
    /// warning; a built-in one that cannot be used is an error.
    pub fn build(self) -> Result<Arc<Host>, HostError> {
        let cache = Cache::open(&self.cache_dir)
            .map_err(|err| HostError::Cache { path: self.cache_dir.clone(), err })?;
        let mut configs = BTreeMap::new();
        for (name, config) in &self.configs {
            if !config.is_object() {
                let found = config.to_string();
                return Err(HostError::Config { name: name.clone(), found });
            }
            configs.insert(name.clone(), config.to_string());
        }
        let mut registry = Registry::default();
        for (name, bytes) in self.built_ins {
            let plugin = read(Source::BuiltIn(bytes), "built-in", &self.policy)
                .map_err(|err| HostError::BuiltIn { name, err: Box::new(err) })?;
            registry.add(plugin);
        }
        let mut rejected = Vec::new();
        for path in self.plugin_dir.as_deref().map_or_else(|| Ok(Vec::new()), wasm_files)? {
            let origin = path.display().to_string();
            let problem = match read(Source::File(path.clone()), &origin, &self.policy) {
                Ok(plugin) => match registry.get(&plugin.name).map(|p| p.info.origin.clone()) {
                    Some(other) if other != "built-in" => {
                        Some(format!("{other} is called {:?} too; remove one of them", plugin.name))
                    }
                    _ => {
                        registry.add(plugin);
                        None
                    }
                },
                Err(err) => Some(err.to_string()),
            };
            if let Some(reason) = problem {
                tracing::warn!(path = origin, reason, "plugin cannot be used");
                rejected.push((path, reason));
            }
        }
        let Ports { volumes, kv, secrets, clock } = self.ports;
        let permits = Semaphore::new(self.limits.calls_at_once as usize);
        let (limits, egress, keyring) = (self.limits, Egress::default(), self.keyring);
        let services = Services { volumes, kv, secrets, keyring, clock, limits, configs, egress };
        Ok(Arc::new(Host {
            registry,
            services: Arc::new(services),
            cache: Arc::new(cache),
            running: OnceLock::new(),
            permits,
            rejected,
        }))
    }
}

/// Why one binary cannot be used.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Inspect(#[from] InspectError),
}

fn read(source: Source, origin: &str, policy: &Policy) -> Result<Plugin, ReadError> {
    let inspected = inspect::read(&source.bytes()?)?;
    let is_built_in = matches!(source, Source::BuiltIn(_));
    let manifest = &inspected.manifest;
    let capabilities = inspected.capabilities();
    let grants =
        Grants::decide(&manifest.name, is_built_in, &capabilities, &manifest.requests, policy);
    Ok(Plugin {
        name: manifest.name.as_str().into(),
        info: inspected.info(origin, &grants),
        inspected,
        grants,
        source,
        loaded: OnceCell::new(),
        log_gate: LogGate::default(),
    })
}

fn wasm_files(dir: &Path) -> Result<Vec<PathBuf>, HostError> {
    let failed = |err| HostError::Directory { path: dir.to_owned(), err };
    let entries = match std::fs::read_dir(dir) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.registry.all().map(|plugin| &*plugin.name).collect();
        f.debug_struct("Host").field("plugins", &names).finish_non_exhaustive()
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder").field("cache_dir", &self.cache_dir).finish_non_exhaustive()
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
