//! The life of plugins: what is installed, bound and granted, and how that becomes what serves.
//!
//! Invariants:
//! - A change is stored first, and serves then: after a crash the stored one serves.
//! - Changes happen one after the other; calls never wait for one.

mod admin;
pub(crate) mod assemble;
mod binding;
mod candidate;
mod change;
mod claim;
pub(crate) mod config;
mod facts;
mod import;
mod install;
mod kept;
mod quarantine;
mod verify;
mod view;

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use kernel_ports::package::Packages;
use kernel_ports::plugin_store::{PluginFacts, PluginStore};
use tokio::sync::Mutex;

use crate::depot::Depot;
use crate::inspect;
use crate::plugin::{Binary, Source};

pub(crate) use facts::Facts;

/// Where installed plugins are kept.
pub(crate) struct Life {
    pub(crate) store: Arc<dyn PluginStore>,
    pub(crate) depot: Arc<Depot>,
    pub(crate) packages: Option<Arc<dyn Packages>>,
    pub(crate) allow_unsigned: bool,
    /// Held while something changes.
    pub(crate) change: Mutex<()>,
}

/// Installed plugins, for [`crate::HostBuilder::installed`].
pub struct InstalledPlugins {
    pub store: Arc<dyn PluginStore>,
    /// What the store holds at the start.
    pub facts: PluginFacts,
    /// Where the plugins come from; none: from files only.
    pub packages: Option<Arc<dyn Packages>>,
    /// Whether everybody may install what nobody has signed, without saying so.
    pub allow_unsigned: bool,
}

impl std::fmt::Debug for InstalledPlugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstalledPlugins").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Life {
    /// Opens the depot in `dir`, and reads what the facts name. A binary that cannot be used any
    /// more does not keep the others from serving; its plugin says why it does not.
    pub(crate) fn open(installed: InstalledPlugins, dir: &Path) -> io::Result<(Self, Facts)> {
        let InstalledPlugins { store, facts, packages, allow_unsigned } = installed;
        let depot = Depot::open(dir)?;
        let facts = Facts::new(facts);
        let digests: Vec<(String, String)> = facts
            .plugins
            .values()
            .flat_map(|plugin| &plugin.versions)
            .map(|version| (version.digest.clone(), version.origin.clone()))
            .collect();
        depot.sweep(&digests.iter().map(|(digest, _)| digest.as_str()).collect::<HashSet<_>>())?;
        let facts = facts.with(read_all(&depot, &digests));
        let (depot, change) = (Arc::new(depot), Mutex::default());
        Ok((Self { store, depot, packages, allow_unsigned, change }, facts))
    }
}

/// Reads binaries on as many threads as there are processors: their digests are checked.
fn read_all(depot: &Depot, digests: &[(String, String)]) -> Vec<(String, Result<Binary, String>)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = digests.len().div_ceil(threads).max(1);
    let read = |(digest, origin): &(String, String)| {
        let binary = binary(depot, digest, origin);
        if let Err(reason) = &binary {
            tracing::error!(digest, origin, reason, "installed plugin cannot be used");
        }
        (digest.clone(), binary)
    };
    std::thread::scope(|scope| {
        let work = |part| scope.spawn(move || Vec::from_iter(<[_]>::iter(part).map(read)));
        let parts: Vec<_> = digests.chunks(size).map(work).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// Reads one binary of the depot.
pub(crate) fn binary(depot: &Depot, digest: &str, origin: &str) -> Result<Binary, String> {
    let bytes = depot.read(digest).map_err(|err| err.to_string())?;
    let inspected = inspect::read(&bytes).map_err(|err| err.to_string())?;
    Ok(Binary {
        inspected: Arc::new(inspected),
        source: Arc::new(Source::Installed(depot.path(digest))),
        origin: origin.into(),
    })
}
