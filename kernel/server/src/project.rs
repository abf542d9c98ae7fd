//! One project: its folder, its store, its secrets, its ports of the plugins, and its scheduler.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kernel_blob::{Options, Storage};
use kernel_host::{Host, Ports};
use kernel_http::Project;
use kernel_model::name::ProjectName;
use kernel_ports::api::ServerApi;
use kernel_ports::clock::System;
use kernel_ports::project::ProjectRecord;
use kernel_process::Supervisor;
use kernel_scheduler::{Parts, Scheduler, Settings};
use kernel_store_sqlite::SqliteStore;
use sha2::{Digest as _, Sha256};

use crate::masked_logs::MaskedLogs;
use crate::plugin_api::{Api, PluginApi};
use crate::secret::{Keeper, Vault};

/// Where projects are, in the data folder.
pub(crate) const FOLDER: &str = "projects";

/// What all projects of a server have together.
pub(crate) struct Common {
    pub(crate) data: PathBuf,
    pub(crate) host: Arc<Host>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) processes: Arc<Supervisor>,
    pub(crate) clock: Arc<System>,
    pub(crate) settings: Settings,
    /// For plugins, once it is there.
    pub(crate) api: Api,
}

/// What a project has on the disk.
#[derive(Clone)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) bytes: Arc<Storage>,
}

/// A project that is served.
pub(crate) struct Running {
    pub(crate) project: Project,
    pub(crate) folder: Folder,
    secrets: Arc<Keeper>,
    /// For plugins, who do not keep it alive.
    _api: Arc<PluginApi>,
}

impl Folder {
    /// Returns where a project is. Only a name that was checked becomes a path.
    pub(crate) fn path(data: &Path, name: &ProjectName) -> PathBuf {
        data.join(FOLDER).join(name.as_str())
    }

    /// Opens what there is of a project; makes it where it is missing. Blocks for some milliseconds.
    pub(crate) fn open(
        data: &Path,
        name: &ProjectName,
        clock: Arc<System>,
    ) -> anyhow::Result<Self> {
        let path = Self::path(data, name);
        std::fs::create_dir_all(&path).with_context(|| {
            format!(
                "the data folder {} cannot be written to; name another with --data",
                data.display()
            )
        })?;
        let store = Arc::new(SqliteStore::open(&path.join("project.db"))?);
        let bytes = Storage::open(&path, Options::default(), clock)?;
        Ok(Self { path, store, bytes })
    }

    /// Returns what plugins reach in the project.
    pub(crate) fn ports(
        &self,
        secrets: Arc<dyn kernel_ports::secret::Secrets>,
        clock: Arc<System>,
    ) -> Ports {
        Ports {
            volumes: Arc::clone(&self.bytes) as _,
            kv: Arc::clone(&self.store) as _,
            buckets: Arc::clone(&self.bytes) as _,
            secrets,
            clock,
        }
    }
}

impl Running {
    /// Goes on where the project stopped.
    pub(crate) async fn start(
        common: &Common,
        record: &ProjectRecord,
        folder: Folder,
    ) -> anyhow::Result<Self> {
        let name = &record.name;
        let (clock, vault) = (Arc::clone(&common.clock), Arc::clone(&common.vault));
        let secrets = Keeper::open(name, Arc::clone(&folder.store) as _, vault);
        let secrets = Arc::new(secrets.await?);
        let ports = folder.ports(Arc::clone(&secrets) as _, Arc::clone(&clock));
        let host = common.host.in_project(name, ports);
        let api = PluginApi::new(name.clone(), Arc::clone(&folder.store) as _, common.api.clone());
        let api = Arc::new(api);
        host.api_set(&(Arc::clone(&api) as Arc<dyn ServerApi>));
        let bytes = &folder.bytes;
        let parts = Parts {
            store: Arc::clone(&folder.store) as _,
            plugins: Arc::clone(&host) as _,
            logs: Arc::new(MaskedLogs::new(Arc::clone(bytes) as _, Arc::clone(&secrets))),
            blobs: Arc::clone(bytes) as _,
            volumes: Arc::clone(bytes) as _,
            processes: Arc::clone(&common.processes) as _,
            secrets: Arc::clone(&secrets) as _,
            fetch: host,
            clock: Arc::clone(&clock) as _,
            entropy: clock,
        };
        let settings = Settings { instance: instance(&folder.path), ..common.settings.clone() };
        let scheduler = Scheduler::start(parts, settings).await?;
        let project = Project {
            name: name.clone(),
            created_at: record.created_at,
            created_by: record.created_by.as_str().into(),
            scheduler,
        };
        Ok(Self { project, folder, secrets, _api: api })
    }

    /// Stops taking work, gives attempts in progress `grace`, and stores everything.
    pub(crate) async fn drain(&self, grace: Duration) {
        self.project.scheduler.drain(grace).await;
        self.secrets.settle().await;
    }
}

/// Returns a word that is the same for each start with the same folder, and for no other one.
fn instance(folder: &Path) -> String {
    let path = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    digest.iter().take(8).fold(String::new(), |mut word, byte| {
        // Writing to a string cannot fail.
        let _ = write!(word, "{byte:02x}");
        word
    })
}
