//! One plugin under one name, and how it is made ready for calls.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use kernel_model::time::Time;
use kernel_ports::plugin::{PluginInfo, PluginKind};
use tokio::sync::{OnceCell, Semaphore};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};
use wasmtime::{Engine, Error, Result};

use crate::cache::Cache;
use crate::call::CallState;
use crate::engine::{Engines, Tier};
use crate::figures::Figures;
use crate::grant::Grants;
use crate::inspect::{Inspected, digest};
use crate::ledger::{Ledger, Traps};
use crate::life::config::is_complete;
use crate::link::linker;
use crate::policy::Policy;
use crate::warm::Starts;
use crate::wish;

/// How Zstandard's frames begin.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Larger plugins are taken for an attack on the memory of the server.
const PLUGIN_BYTES: u64 = 256 * 1024 * 1024;
/// Lines of a plugin's own log that reach the server's, per window.
const LOG_LINES: u32 = 2_000;
const LOG_WINDOW_MS: u64 = 10_000;

/// One version of a plugin under one name: with the grants and the configuration of that binding.
pub(crate) struct Plugin {
    /// Of the binding.
    pub(crate) name: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) info: PluginInfo,
    pub(crate) inspected: Arc<Inspected>,
    pub(crate) grants: Grants,
    /// A JSON object.
    pub(crate) config: Arc<str>,
    pub(crate) source: Arc<Source>,
    /// Ready for calls; better machine code takes the place of what it began with.
    pub(crate) loaded: OnceCell<ArcSwap<Loaded>>,
    pub(crate) log_gate: LogGate,
    /// Outlives the version: the binding's.
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) traps: Arc<Traps>,
    pub(crate) starts: Starts,
    /// Why it cannot serve as it is, if that was found.
    pub(crate) unfit: OnceLock<String>,
    /// Of the places of all calls; the same for all names and versions of the plugin.
    pub(crate) share: OnceLock<Arc<Semaphore>>,
    is_ordered: AtomicBool,
}

/// What a plugin is made from, before it has a name to serve under.
#[derive(Debug, Clone)]
pub(crate) struct Binary {
    pub(crate) inspected: Arc<Inspected>,
    pub(crate) source: Arc<Source>,
    /// For people.
    pub(crate) origin: Arc<str>,
}

/// Where the binary is. It is read when it must be compiled, and not kept.
#[derive(Debug)]
pub(crate) enum Source {
    /// As it is, or compressed with Zstandard.
    BuiltIn(Cow<'static, [u8]>),
    File(PathBuf),
    /// A file of the depot.
    Installed(PathBuf),
}

/// Why a plugin could not be made ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("{0:#}")]
    Compile(Error),
    #[error("{0:#}")]
    Link(Error),
}

/// A plugin that is ready for calls.
pub(crate) struct Loaded {
    pub(crate) tier: Tier,
    pub(crate) pre: InstancePre<CallState>,
    functions: Vec<(PluginKind, &'static str, ComponentExportIndex)>,
    /// `migration.migrate`, if it is exported.
    pub(crate) migration: Option<ComponentExportIndex>,
    /// `selftest.check`, if it is exported.
    pub(crate) selftest: Option<ComponentExportIndex>,
}

/// Lets so many lines of a plugin's log pass in a time.
#[derive(Debug, Default)]
pub(crate) struct LogGate {
    window: AtomicU64,
    lines: AtomicU32,
}

impl Source {
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::BuiltIn(bytes) if bytes.starts_with(&ZSTD_MAGIC) => zstd::decode_all(&bytes[..]),
            Self::BuiltIn(bytes) => Ok(bytes.to_vec()),
            Self::File(path) | Self::Installed(path) => {
                if std::fs::metadata(path)?.len() > PLUGIN_BYTES {
                    return Err(io::Error::other(format!(
                        "it is larger than {PLUGIN_BYTES} bytes"
                    )));
                }
                std::fs::read(path)
            }
        }
    }
}

impl Binary {
    pub(crate) fn is_built_in(&self) -> bool {
        matches!(*self.source, Source::BuiltIn(_))
    }

    pub(crate) fn name(&self) -> &str {
        &self.inspected.manifest.name
    }

    /// Returns all that it asks for, as rules.
    pub(crate) fn asked(&self) -> Vec<String> {
        wish::asked(&self.inspected.capabilities(), &self.inspected.manifest.requests)
    }
}

impl Plugin {
    /// Returns whether it has all that its configuration requires.
    pub(crate) fn is_configured(&self) -> bool {
        is_complete(&self.inspected.manifest.config, &self.config)
    }

    /// Returns the plugin under the name of a binding. `rules` are the operator's.
    pub(crate) fn new(
        name: Arc<str>,
        binary: &Binary,
        rules: &Policy,
        config: Arc<str>,
        ledger: Arc<Ledger>,
    ) -> Self {
        let Binary { inspected, source, origin } = binary;
        let capabilities = inspected.capabilities();
        let requests = &inspected.manifest.requests;
        let grants = Grants::decide(&name, binary.is_built_in(), &capabilities, requests, rules);
        let functions = inspected.kinds.iter();
        let functions =
            functions.flat_map(|kind| functions_of(*kind).iter().map(|name| (*kind, *name)));
        Self {
            digest: inspected.digest.as_str().into(),
            info: inspected.info(origin, &grants),
            inspected: Arc::clone(inspected),
            grants,
            config,
            source: Arc::clone(source),
            loaded: OnceCell::new(),
            log_gate: LogGate::default(),
            ledger,
            figures: Arc::new(Figures::new(functions)),
            traps: Arc::default(),
            starts: Starts::default(),
            unfit: OnceLock::new(),
            share: OnceLock::new(),
            is_ordered: AtomicBool::new(false),
            name,
        }
    }

    /// Returns whether this is what `other` is, so that one can stand for the other.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        self.name == other.name
            && self.info.digest == other.info.digest
            && self.info.origin == other.info.origin
            && self.config == other.config
            && self.grants == other.grants
    }

    /// Returns the same, but not ready for calls: what calls in flight hold goes with them.
    pub(crate) fn cold(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            digest: Arc::clone(&self.digest),
            info: self.info.clone(),
            inspected: Arc::clone(&self.inspected),
            grants: self.grants.clone(),
            config: Arc::clone(&self.config),
            source: Arc::clone(&self.source),
            loaded: OnceCell::new(),
            log_gate: LogGate::default(),
            ledger: Arc::clone(&self.ledger),
            figures: Arc::clone(&self.figures),
            traps: Arc::clone(&self.traps),
            starts: Starts::default(),
            unfit: OnceLock::new(),
            share: OnceLock::new(),
            is_ordered: AtomicBool::new(false),
        }
    }

    /// Returns whether nobody has asked before for it to be optimized.
    pub(crate) fn is_first_order(&self) -> bool {
        !self.is_ordered.load(Ordering::Relaxed) && !self.is_ordered.swap(true, Ordering::Relaxed)
    }

    /// Takes the plugin from the cache, or compiles it as soon as that goes, and links it.
    pub(crate) fn load(&self, engines: &Engines, cache: &Cache) -> Result<Loaded, LoadError> {
        let (component, tier) = match cache.find(&engines.serving, &self.digest) {
            Some(found) => found,
            None => (self.compile(engines, cache, Tier::Baseline)?, Tier::Baseline),
        };
        self.link(&engines.serving, &component, tier).map_err(LoadError::Link)
    }

    /// The same with optimized code.
    pub(crate) fn optimize(&self, engines: &Engines, cache: &Cache) -> Result<Loaded, LoadError> {
        let component = match cache.find(&engines.serving, &self.digest) {
            // Another name of it was faster.
            Some((component, Tier::Optimized)) => component,
            _ => self.compile(engines, cache, Tier::Optimized)?,
        };
        self.link(&engines.serving, &component, Tier::Optimized).map_err(LoadError::Link)
    }

    fn compile(
        &self,
        engines: &Engines,
        cache: &Cache,
        tier: Tier,
    ) -> Result<Component, LoadError> {
        let bytes = self.bytes().map_err(|err| LoadError::Compile(err.into()))?;
        cache.compile(engines, &self.digest, &bytes, tier).map_err(LoadError::Compile)
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let bytes = self.source.bytes()?;
        if digest(&bytes) == self.info.digest {
            return Ok(bytes);
        }
        let origin = &self.info.origin;
        Err(io::Error::other(match &*self.source {
            Source::Installed(path) => format!(
                "{} is damaged: its bytes are not those that were installed; install the plugin \
                 again",
                path.display()
            ),
            Source::BuiltIn(_) | Source::File(_) => {
                format!("{origin} has changed since the server was started; start the server anew")
            }
        }))
    }

    fn link(&self, engine: &Engine, component: &Component, tier: Tier) -> Result<Loaded> {
        let linker = linker(engine, component, &self.inspected, &self.grants)?;
        let mut functions = Vec::new();
        for &kind in &self.info.kinds {
            let interface = self.inspected.export(kind).unwrap_or_default();
            let instance = component.get_export_index(None, interface);
            for &name in functions_of(kind) {
                let index =
                    instance.as_ref().and_then(|i| component.get_export_index(Some(i), name));
                let index = index.ok_or_else(|| {
                    Error::msg(format!("{interface} lacks the function {name:?} of the contract"))
                })?;
                functions.push((kind, name, index));
            }
        }
        let optional = |interface, function| {
            let interface = self.inspected.optional(interface)?;
            let instance = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&instance), function)
        };
        let (migration, selftest) =
            (optional("migration", "migrate"), optional("selftest", "check"));
        let pre = linker.instantiate_pre(component)?;
        Ok(Loaded { tier, pre, functions, migration, selftest })
    }
}

impl Loaded {
    pub(crate) fn function(&self, kind: PluginKind, name: &str) -> Option<&ComponentExportIndex> {
        self.functions.iter().find(|(k, n, _)| *k == kind && *n == name).map(|(_, _, i)| i)
    }
}

impl LogGate {
    /// Returns whether one more line may pass; with how many were held back when a window begins.
    pub(crate) fn pass(&self, now: Time) -> (bool, u32) {
        let window = self.window.load(Ordering::Relaxed);
        let mut held_back = 0;
        if now.0.saturating_sub(window) >= LOG_WINDOW_MS
            && self
                .window
                .compare_exchange(window, now.0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            held_back = self.lines.swap(0, Ordering::Relaxed).saturating_sub(LOG_LINES);
        }
        (self.lines.fetch_add(1, Ordering::Relaxed) < LOG_LINES, held_back)
    }
}

/// Returns the functions of the interface that makes a plugin one of `kind`.
pub(crate) fn functions_of(kind: PluginKind) -> &'static [&'static str] {
    match kind {
        PluginKind::Language => &["compile", "drive"],
        PluginKind::Launcher | PluginKind::Action => &["start", "resume", "cancel"],
        PluginKind::Resource => &["check", "get", "put", "resume", "cancel"],
        PluginKind::Secrets => &["read", "write", "remove", "list"],
        PluginKind::Cache => &["find", "offer", "commit", "remove", "list", "prune"],
        PluginKind::Model => &["models", "chat", "more", "embed"],
        PluginKind::Identity => &["authorize", "exchange"],
        PluginKind::Webhook => &["receive"],
        PluginKind::Notifier => &["send"],
        PluginKind::Gateway => &["handle"],
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::time::Time;

    use super::{LOG_LINES, LogGate};

    #[test]
    fn a_chatty_plugin_is_held_back_until_the_next_window() {
        let gate = LogGate::default();
        let passed = (0..LOG_LINES + 10).filter(|_| gate.pass(Time(20_000)).0).count();
        assert_eq!(passed, LOG_LINES as usize);
        assert_eq!(gate.pass(Time(30_000)), (true, 10));
    }
}
