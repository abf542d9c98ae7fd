//! Sets up a host: what it needs, what it carries, and what is allowed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use arc_swap::ArcSwap;
use kernel_model::name::ProjectName;
use kernel_ports::api::ServerApi;
use kernel_ports::bucket::Buckets;
use kernel_ports::clock::Clock;
use kernel_ports::egress as ports;
use kernel_ports::keyring::Keyring;
use kernel_ports::kv::KvStore;
use kernel_ports::secret::Secrets;
use kernel_ports::volume::Volumes;
use serde_json::Value;

use crate::cache::Cache;
use crate::egress::{Egress, EgressPolicy};
use crate::host::Running;
use crate::inspect::{self, InspectError};
use crate::life::assemble::assemble;
use crate::life::{Facts, InstalledPlugins, Life};
use crate::limits::CallLimits;
use crate::places::Places;
use crate::plugin::{Binary, Source};
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
    #[error("failed to read the installed plugins in {path}")]
    Depot {
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
#[derive(Clone)]
pub struct Host {
    /// What serves now. A change puts another one in its place; calls never lock.
    pub(crate) registry: Arc<ArcSwap<Registry>>,
    pub(crate) base: Arc<Base>,
    /// None: nothing can be installed here.
    pub(crate) life: Option<Arc<Life>>,
    /// The host of the server as a whole, for what goes on after a call.
    pub(crate) me: Weak<Self>,
    /// What host functions use in calls of this host.
    pub(crate) services: Arc<Services>,
    /// What instances have until they are called.
    pub(crate) own: Arc<Services>,
    /// Those of all projects.
    pub(crate) everywhere: Arc<Mutex<Vec<Weak<Services>>>>,
    /// Whose default bindings count first; empty: the server's alone.
    pub(crate) project: Arc<str>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) running: Arc<OnceLock<Result<Running, String>>>,
    pub(crate) places: Arc<Places>,
    rejected: Arc<[(PathBuf, String)]>,
}

/// What is there without being installed.
#[derive(Debug, Default)]
pub(crate) struct Base {
    /// By name: what the server carries, and what the plugin folder puts in its place.
    pub(crate) binaries: BTreeMap<Arc<str>, Binary>,
    pub(crate) policy: Policy,
    /// JSON, by binding.
    pub(crate) configs: BTreeMap<String, String>,
}

/// What host functions use.
pub(crate) struct Services {
    pub(crate) volumes: Arc<dyn Volumes>,
    pub(crate) kv: Arc<dyn KvStore>,
    pub(crate) buckets: Arc<dyn Buckets>,
    /// The server that this host is a part of, once it is there. It has the host, so this does not
    /// keep it alive.
    pub(crate) api: OnceLock<Weak<dyn ServerApi>>,
    pub(crate) secrets: Arc<dyn Secrets>,
    /// None: the server has no key.
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: CallLimits,
    /// None: the network.
    pub(crate) outside: Option<Arc<dyn ports::Egress>>,
    pub(crate) egress: Arc<Egress>,
}

/// The ports that plugins reach through their capabilities.
#[derive(Clone)]
pub struct Ports {
    pub volumes: Arc<dyn Volumes>,
    pub kv: Arc<dyn KvStore>,
    pub buckets: Arc<dyn Buckets>,
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
    installed: Option<(InstalledPlugins, PathBuf)>,
    egress: EgressPolicy,
    outside: Option<Arc<dyn ports::Egress>>,
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
            installed: None,
            egress: EgressPolicy::default(),
            outside: None,
        }
    }

    /// Returns the same plugins with the ports of a project, whose default bindings count before
    /// those of the server.
    #[must_use]
    pub fn in_project(&self, project: &ProjectName, ports: Ports) -> Arc<Self> {
        let Ports { volumes, kv, buckets, secrets, clock } = ports;
        let services = Services {
            volumes,
            kv,
            buckets,
            secrets,
            clock,
            api: OnceLock::new(),
            keyring: self.own.keyring.clone(),
            limits: self.own.limits.clone(),
            outside: self.own.outside.clone(),
            egress: Arc::clone(&self.own.egress),
        };
        let (services, project) = (Arc::new(services), project.as_str().into());
        let mut everywhere = self.everywhere.lock().unwrap_or_else(PoisonError::into_inner);
        everywhere.retain(|services| services.strong_count() > 0);
        everywhere.push(Arc::downgrade(&services));
        drop(everywhere);
        Arc::new(Self { services, project, ..self.clone() })
    }

    /// Says which server this host is a part of, so that plugins can call its API. Once.
    pub fn api_set(&self, api: &Arc<dyn ServerApi>) {
        // Another one is not put in its place.
        let _ = self.services.api.set(Arc::downgrade(api));
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

    /// Adds what operators install while the server runs, in place of other plugins of the same
    /// name. The binaries lie in `dir`.
    #[must_use]
    pub fn installed(mut self, installed: InstalledPlugins, dir: impl Into<PathBuf>) -> Self {
        self.installed = Some((installed, dir.into()));
        self
    }

    /// Sets what seals and opens for plugins that are granted `keyring`.
    #[must_use]
    pub fn keyring(mut self, keyring: Arc<dyn Keyring>) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Sets what plugins send requests and connect to in place of the network. Grants are checked
    /// all the same.
    #[must_use]
    pub fn outside(mut self, outside: Arc<dyn ports::Egress>) -> Self {
        self.outside = Some(outside);
        self
    }

    /// Sets the limits of calls.
    #[must_use]
    pub fn limits(mut self, limits: CallLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what requests may reach beside public addresses, and how long a fetch may take.
    #[must_use]
    pub fn egress(mut self, policy: EgressPolicy) -> Self {
        self.egress = policy;
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
        let mut policy = self.policy;
        policy.is_fixed = self.installed.is_none();
        let mut base = Base { binaries: BTreeMap::new(), policy, configs };
        for (name, bytes) in self.built_ins {
            let binary = read(Source::BuiltIn(bytes), "built-in")
                .map_err(|err| HostError::BuiltIn { name, err: Box::new(err) })?;
            base.binaries.insert(binary.name().into(), binary);
        }
        let files = self.plugin_dir.as_deref().map_or_else(|| Ok(Vec::new()), wasm_files)?;
        let rejected = base.add_files(files);
        let (life, facts) = match self.installed {
            None => (None, Facts::default()),
            Some((installed, dir)) => {
                let (life, facts) = Life::open(installed, &dir)
                    .map_err(|err| HostError::Depot { path: dir, err })?;
                (Some(life), facts)
            }
        };
        let registry = assemble(&base, facts, &Registry::default());
        let Ports { volumes, kv, buckets, secrets, clock } = self.ports;
        let places = Places::new(self.limits.calls_at_once);
        let (limits, egress, keyring) =
            (self.limits, Arc::new(Egress::new(self.egress)), self.keyring);
        let (outside, api) = (self.outside, OnceLock::new());
        let services = Services {
            volumes,
            kv,
            buckets,
            secrets,
            keyring,
            outside,
            clock,
            limits,
            egress,
            api,
        };
        let services = Arc::new(services);
        Ok(Arc::new_cyclic(|me| Host {
            registry: Arc::new(ArcSwap::from_pointee(registry)),
            base: Arc::new(base),
            life: life.map(Arc::new),
            me: Weak::clone(me),
            own: Arc::clone(&services),
            everywhere: Arc::default(),
            services,
            project: "".into(),
            cache: Arc::new(cache),
            running: Arc::default(),
            places: Arc::new(places),
            rejected: rejected.into(),
        }))
    }
}

impl Base {
    /// Adds the files that are plugins, and returns the others.
    fn add_files(&mut self, files: Vec<PathBuf>) -> Vec<(PathBuf, String)> {
        let mut rejected = Vec::new();
        for path in files {
            let origin = path.display().to_string();
            let reason = match read(Source::File(path.clone()), &origin) {
                Ok(binary) => match self.binaries.get(binary.name()) {
                    Some(other) if !other.is_built_in() => {
                        let (other, name) = (&other.origin, binary.name());
                        format!("{other} is called {name:?} too; remove one of them")
                    }
                    _ => {
                        self.binaries.insert(binary.name().into(), binary);
                        continue;
                    }
                },
                Err(err) => err.to_string(),
            };
            tracing::warn!(path = origin, reason, "plugin cannot be used");
            rejected.push((path, reason));
        }
        rejected
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

fn read(source: Source, origin: &str) -> Result<Binary, ReadError> {
    let inspected = Arc::new(inspect::read(&source.bytes()?)?);
    Ok(Binary { inspected, source: Arc::new(source), origin: origin.into() })
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
        let registry = self.registry.load();
        let names: Vec<&str> = registry.all().map(|plugin| &*plugin.name).collect();
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
