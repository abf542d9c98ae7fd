//! One installed plugin, and how it is made ready for calls.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kernel_model::time::Time;
use kernel_ports::plugin::{PluginInfo, PluginKind};
use tokio::sync::OnceCell;
use wasmtime::component::{ComponentExportIndex, InstancePre};
use wasmtime::{Engine, Error, Result};

use crate::cache::Cache;
use crate::call::CallState;
use crate::grant::Grants;
use crate::inspect::{Inspected, digest};
use crate::link::linker;

/// How Zstandard's frames begin.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Larger plugins are taken for an attack on the memory of the server.
const PLUGIN_BYTES: u64 = 256 * 1024 * 1024;
/// Lines of a plugin's own log that reach the server's, per window.
const LOG_LINES: u32 = 2_000;
const LOG_WINDOW_MS: u64 = 10_000;

/// An installed plugin.
pub(crate) struct Plugin {
    pub(crate) name: Arc<str>,
    pub(crate) info: PluginInfo,
    pub(crate) inspected: Inspected,
    pub(crate) grants: Grants,
    pub(crate) source: Source,
    pub(crate) loaded: OnceCell<Loaded>,
    pub(crate) log_gate: LogGate,
}

/// Where the binary is. It is read when it must be compiled, and not kept.
#[derive(Debug)]
pub(crate) enum Source {
    /// As it is, or compressed with Zstandard.
    BuiltIn(Cow<'static, [u8]>),
    File(PathBuf),
}

/// A plugin that is ready for calls.
pub(crate) struct Loaded {
    pub(crate) pre: InstancePre<CallState>,
    functions: Vec<(PluginKind, &'static str, ComponentExportIndex)>,
    /// `migration.migrate`, if it is exported.
    pub(crate) migration: Option<ComponentExportIndex>,
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
            Self::File(path) => {
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

impl Plugin {
    /// Compiles the plugin, or takes it from the cache, and links it.
    pub(crate) fn load(&self, engine: &Engine, cache: &Cache) -> Result<Loaded> {
        let component = cache.component(engine, &self.info.digest, || {
            let bytes = self.source.bytes()?;
            if digest(&bytes) != self.info.digest {
                return Err(io::Error::other(format!(
                    "{} has changed since the server was started; start the server anew",
                    self.info.origin
                )));
            }
            Ok(bytes)
        })?;
        let linker = linker(engine, &component, &self.inspected, &self.grants)?;
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
        let migration = self.inspected.optional("migration").and_then(|interface| {
            let instance = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&instance), "migrate")
        });
        Ok(Loaded { pre: linker.instantiate_pre(&component)?, functions, migration })
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
