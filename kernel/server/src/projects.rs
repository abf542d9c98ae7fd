//! The projects of this server: which there are, and how they come and go.
//!
//! Invariants:
//! - A project is on the list before there is anything of it, and leaves the list after all of it is
//!   gone; so a crash in between leaves nothing that is half.
//! - What serves is found without waiting for what comes or goes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use futures::future::{join_all, try_join_all};
use kernel_http::{Project, ProjectError};
use kernel_model::id::RunId;
use kernel_model::name::ProjectName;
use kernel_ports::clock::{Clock as _, Entropy as _};
use kernel_ports::project::{ProjectRecord, ProjectStore};
use kernel_ports::run::RunStore as _;
use kernel_ports::secret::{SecretBook as _, SecretBookError};
use kernel_ports::store::StoreError;
use kernel_store_sqlite::ControlStore;

use crate::project::{Common, FOLDER, Folder, Running};
use crate::secret::scopes_of;

/// Who makes the projects that the operator names.
const SERVER: &str = "server";
/// What the names of folders begin with that are being removed. No project is called that.
const GONE: &str = ".gone-";
/// Cancelled runs get so long to clean up; a request waits for it.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(15);
const CANCEL_LOOK: Duration = Duration::from_millis(50);
const PAGE: u32 = 1_000;

/// The projects of a server.
pub(crate) struct Projects {
    common: Common,
    /// None: nobody can make any here.
    store: Option<Arc<ControlStore>>,
    /// The only one that is served, if the operator wants that.
    only: Option<ProjectName>,
    running: RwLock<BTreeMap<ProjectName, Arc<Running>>>,
    /// Held while a project comes or goes, and true when none can come any more.
    changing: tokio::sync::Mutex<bool>,
}

impl std::fmt::Debug for Projects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Projects").field("only", &self.only).finish_non_exhaustive()
    }
}

impl Projects {
    /// Opens all projects, and goes on with those that are served. `home` is the default one's.
    pub(crate) async fn open(
        common: Common,
        store: Option<Arc<ControlStore>>,
        only: Option<ProjectName>,
        home: Folder,
    ) -> anyhow::Result<Self> {
        sweep(&common.data).await;
        let (running, changing) = (RwLock::default(), tokio::sync::Mutex::new(false));
        let projects = Self { common, store, only, running, changing };
        let records = projects.records().await?;
        let opened = records.into_iter().map(|record| projects.open_one(record, &home));
        for running in try_join_all(opened).await?.into_iter().flatten() {
            projects.insert(running);
        }
        Ok(projects)
    }

    /// Returns what is on the list, after what must be on it was added.
    async fn records(&self) -> Result<Vec<ProjectRecord>, StoreError> {
        let names = [Some(ProjectName::default()), self.only.clone()].into_iter().flatten();
        let own = names.map(|name| self.record(&name, SERVER));
        let Some(store) = &self.store else { return Ok(own.take(1).collect()) };
        let mut records = store.project_list().await?;
        for record in own {
            if !records.iter().any(|known| known.name == record.name) {
                store.project_add(&record).await?;
                records.push(record);
            }
        }
        Ok(records)
    }

    fn record(&self, name: &ProjectName, by: &str) -> ProjectRecord {
        let (created_at, created_by) = (self.common.clock.now(), by.to_owned());
        ProjectRecord { name: name.clone(), created_at, created_by, is_going: false }
    }

    async fn open_one(
        &self,
        record: ProjectRecord,
        home: &Folder,
    ) -> anyhow::Result<Option<Running>> {
        let name = &record.name;
        let failed = || format!("the project {name} cannot be opened");
        if record.is_going && !Folder::path(&self.common.data, name).exists() {
            self.forget(name).await.with_context(failed)?;
            return Ok(None);
        }
        let folder = match name.is_default() {
            true => home.clone(),
            false => self.folder(name).await.with_context(failed)?,
        };
        if record.is_going {
            // It is not served, whatever comes of this.
            if let Err(err) = self.clear(name, folder).await {
                tracing::warn!(project = %name, "something of a removed project is left: {err:#}");
            }
            return Ok(None);
        }
        self.common.vault.project_add(name, Arc::clone(&folder.store) as _);
        if self.only.as_ref().is_some_and(|only| only != name) {
            return Ok(None);
        }
        Running::start(&self.common, &record, folder).await.map(Some).with_context(failed)
    }

    async fn folder(&self, name: &ProjectName) -> anyhow::Result<Folder> {
        let (data, name) = (self.common.data.clone(), name.clone());
        let clock = Arc::clone(&self.common.clock);
        tokio::task::spawn_blocking(move || Folder::open(&data, &name, clock)).await?
    }

    /// Stops taking work everywhere, and returns when everything is stored.
    pub(crate) async fn drain(&self, grace: Duration) {
        *self.changing.lock().await = true;
        let running = self.running();
        join_all(running.values().map(|running| running.drain(grace))).await;
    }

    fn running(&self) -> BTreeMap<ProjectName, Arc<Running>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn get(&self, name: &ProjectName) -> Option<Arc<Running>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn insert(&self, running: Running) -> Project {
        let project = running.project.clone();
        self.put(Arc::new(running));
        project
    }

    fn put(&self, running: Arc<Running>) {
        let name = running.project.name.clone();
        self.running.write().unwrap_or_else(PoisonError::into_inner).insert(name, running);
    }

    fn take(&self, name: &ProjectName) {
        self.running.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Returns the list, if projects can come and go.
    fn list(&self) -> Result<&ControlStore, ProjectError> {
        let refused = |reason: String| Err(ProjectError::Refused { reason });
        match (&self.store, &self.only) {
            (None, _) => refused("there is one project in a run of its own".to_owned()),
            (_, Some(only)) => refused(format!(
                "this server serves the project {only} alone; start it without server.project"
            )),
            (Some(store), None) => Ok(store),
        }
    }

    /// Makes a project.
    async fn create(&self, name: &ProjectName, by: &str) -> Result<Project, ProjectError> {
        let store = self.list()?;
        let is_stopping = self.changing.lock().await;
        if *is_stopping {
            return Err(ProjectError::Refused { reason: "the server is stopping".to_owned() });
        }
        let known = store.project_list().await.map_err(ProjectError::Store)?;
        if known.iter().any(|known| known.name == *name) {
            return Err(ProjectError::Exists { name: name.clone() });
        }
        let path = Folder::path(&self.common.data, name);
        if path.exists() {
            let reason = format!("{} is in the way; move it elsewhere", path.display());
            return Err(ProjectError::Refused { reason });
        }
        let record = self.record(name, by);
        store.project_add(&record).await.map_err(ProjectError::Store)?;
        let opened = async {
            let folder = self.folder(name).await?;
            self.common.vault.project_add(name, Arc::clone(&folder.store) as _);
            Running::start(&self.common, &record, folder).await
        };
        match opened.await {
            Ok(running) => Ok(self.insert(running)),
            Err(err) => {
                // The next start clears what there is of it.
                store.project_leave(name).await.map_err(ProjectError::Store)?;
                Err(ProjectError::Open { name: name.clone(), err: err.into() })
            }
        }
    }

    /// Removes a project.
    async fn remove(&self, name: &ProjectName, by: &str, force: bool) -> Result<(), ProjectError> {
        let store = self.list()?;
        let _changing = self.changing.lock().await;
        if name.is_default() {
            let reason = "every server has the project default; it cannot be removed".to_owned();
            return Err(ProjectError::Refused { reason });
        }
        let unknown = || ProjectError::Unknown { name: name.clone() };
        let running = self.get(name).ok_or_else(unknown)?;
        let open =
            || async { running.folder.store.run_count_open().await.map_err(ProjectError::Store) };
        if force {
            self.cancel_all(&running, by).await?;
        } else {
            let runs = open().await?;
            if runs > 0 {
                return Err(ProjectError::Busy { name: name.clone(), runs });
            }
        }
        self.take(name);
        if !force {
            // One may have begun in between.
            let runs = open().await?;
            if runs > 0 {
                self.put(running);
                return Err(ProjectError::Busy { name: name.clone(), runs });
            }
        }
        store.project_leave(name).await.map_err(ProjectError::Store)?;
        running.drain(Duration::ZERO).await;
        let cleared = self.clear(name, running.folder.clone()).await;
        cleared.map_err(|err| ProjectError::Left { name: name.clone(), err: err.into() })
    }

    /// Cancels what has not ended, and waits a while until it has.
    async fn cancel_all(&self, running: &Running, by: &str) -> Result<(), ProjectError> {
        let (store, scheduler) = (&running.folder.store, &running.project.scheduler);
        let mut after: Option<RunId> = None;
        loop {
            let page = store.run_list_open(after, PAGE).await.map_err(ProjectError::Store)?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for row in &page {
                // One that has just ended needs none.
                drop(scheduler.run_cancel(row.id, by).await);
            }
        }
        let since = Instant::now();
        while since.elapsed() < CANCEL_TIMEOUT {
            if store.run_count_open().await.map_err(ProjectError::Store)? == 0 {
                break;
            }
            tokio::time::sleep(CANCEL_LOOK).await;
        }
        Ok(())
    }

    /// Removes all that there is of a project that nobody uses any more.
    async fn clear(&self, name: &ProjectName, folder: Folder) -> anyhow::Result<()> {
        let scopes = scopes_of(name, folder.store.as_ref()).await?;
        for scope in scopes {
            match self.common.vault.secret_scope_remove(&scope).await {
                // What the backend only reads is not the project's.
                Ok(()) | Err(SecretBookError::ReadOnly { .. }) => {}
                Err(err) => return Err(err).context("its secrets are left"),
            }
        }
        self.common.vault.project_remove(name);
        let gone = format!("{GONE}{name}-{:032x}", self.common.clock.id());
        let gone = self.common.data.join(FOLDER).join(gone);
        tokio::fs::rename(&folder.path, &gone)
            .await
            .with_context(|| format!("failed to move {} away", folder.path.display()))?;
        drop(folder);
        self.forget(name).await?;
        folder_remove(&gone).await;
        Ok(())
    }

    async fn forget(&self, name: &ProjectName) -> Result<(), StoreError> {
        match &self.store {
            Some(store) => store.project_forget(name).await,
            None => Ok(()),
        }
    }
}

#[async_trait]
impl kernel_http::Projects for Projects {
    fn project_get(&self, name: &ProjectName) -> Option<Project> {
        self.get(name).map(|running| running.project.clone())
    }

    fn project_list(&self) -> Vec<Project> {
        self.running().values().map(|running| running.project.clone()).collect()
    }

    async fn project_create(
        self: Arc<Self>,
        name: ProjectName,
        by: String,
    ) -> Result<Project, ProjectError> {
        let failed = |err| ProjectError::Open { name: name.clone(), err: Box::new(err) };
        let task = {
            let name = name.clone();
            tokio::spawn(async move { self.create(&name, &by).await })
        };
        task.await.map_err(failed)?
    }

    async fn project_remove(
        self: Arc<Self>,
        name: ProjectName,
        by: String,
        force: bool,
    ) -> Result<(), ProjectError> {
        let failed = |err| ProjectError::Left { name: name.clone(), err: Box::new(err) };
        let task = {
            let name = name.clone();
            tokio::spawn(async move { self.remove(&name, &by, force).await })
        };
        task.await.map_err(failed)?
    }
}

/// Removes what a crash has left of removed projects.
async fn sweep(data: &Path) {
    let Ok(mut entries) = tokio::fs::read_dir(data.join(FOLDER)).await else { return };
    while let Ok(Some(entry)) = entries.next_entry().await {
        if entry.file_name().as_encoded_bytes().starts_with(GONE.as_bytes()) {
            folder_remove(&entry.path()).await;
        }
    }
}

/// Removes a folder. If that fails, the next start does it.
async fn folder_remove(folder: &Path) {
    if let Err(err) = tokio::fs::remove_dir_all(folder).await {
        tracing::warn!(folder = %folder.display(), "failed to remove a folder: {err}");
    }
}
