//! Workspaces: which there are, and what becomes of runs when one changes.
//!
//! Invariants:
//! - What is in memory is what is stored; both change together, one change at a time.
//! - A run of an archived workspace ends, whenever it came about: it is looked for when the
//!   workspace is archived, when a run was accepted meanwhile, and at the next start.

use std::sync::{Arc, PoisonError, RwLock};

use kernel_model::id::{RunId, WorkspaceId};
use kernel_model::workspace::{
    Workspace, WorkspaceChange, WorkspaceName, WorkspaceRefusal, WorkspaceState, Workspaces,
};
use kernel_ports::run::{RunFilter, RunRow, RunStatus};
use kernel_ports::store::StoreError;

use crate::attempt::chain;
use crate::near::nearest;
use crate::scheduler::Inner;
use crate::{Scheduler, SchedulerError};

/// Runs that are read at a time.
const PAGE: u32 = 500;

/// The workspaces that are not archived.
#[derive(Debug)]
pub(crate) struct Table {
    all: RwLock<Arc<Workspaces>>,
    /// Held while the store and the memory change together.
    change: tokio::sync::Mutex<()>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            all: RwLock::new(Arc::new(Workspaces::new([]))),
            change: tokio::sync::Mutex::default(),
        }
    }
}

impl Table {
    pub(crate) fn all(&self) -> Arc<Workspaces> {
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, workspace: Workspace) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut all).keep(workspace);
    }

    fn replace(&self, all: Workspaces) {
        *self.all.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
    }
}

impl Scheduler {
    /// Returns the workspaces as they are now.
    #[must_use]
    pub fn workspaces(&self) -> Arc<Workspaces> {
        self.inner.workspaces.all()
    }

    /// Returns a workspace, or an error with a near name.
    pub fn workspace_get(&self, name: &WorkspaceName) -> Result<Workspace, SchedulerError> {
        self.inner.workspace_known(name)
    }

    /// Makes a workspace.
    pub async fn workspace_make(
        &self,
        name: WorkspaceName,
        base: Option<&WorkspaceName>,
    ) -> Result<Workspace, SchedulerError> {
        let inner = &self.inner;
        let _change = inner.workspaces.change.lock().await;
        let (id, at) = (WorkspaceId(inner.parts.entropy.id()), inner.parts.clock.now());
        let made = inner.workspaces.all().made(id, name, base, at);
        let made = made.map_err(|refusal| inner.refused(refusal))?;
        inner.workspace_put(made.clone()).await?;
        Ok(made)
    }

    /// Changes a workspace. Returns it as it was and as it is. A paused one begins no runs; of an
    /// archived one, all runs are asked to stop.
    pub async fn workspace_change(
        &self,
        name: &WorkspaceName,
        change: &WorkspaceChange,
        by: &str,
    ) -> Result<(Workspace, Workspace), SchedulerError> {
        let inner = &self.inner;
        let _change = inner.workspaces.change.lock().await;
        let all = inner.workspaces.all();
        let before = inner.workspace_known(name)?;
        let changed = all.changed(name, change, inner.parts.clock.now());
        let changed = changed.map_err(|refusal| inner.refused(refusal))?;
        inner.workspace_put(changed.clone()).await?;
        match changed.state {
            WorkspaceState::Active => {
                inner.intake.release(changed.id);
                inner.intake_serve();
            }
            WorkspaceState::Paused => inner.intake.hold(changed.id),
            WorkspaceState::Archived => {
                inner.intake.hold(changed.id);
                let (scheduler, id, name) = (self.clone(), changed.id, changed.name.clone());
                let by = format!("{by}, who archived the workspace");
                // It goes on if nobody waits for it any more.
                let ended =
                    inner.tasks.spawn(async move { scheduler.workspace_end(id, &name, &by).await });
                drop(ended.await);
            }
        }
        Ok((before, changed))
    }

    /// Ends what an archived workspace has in progress, and removes its caches.
    async fn workspace_end(&self, id: WorkspaceId, name: &WorkspaceName, by: &str) {
        if let Err(err) = self.workspace_runs_cancel(id, name, by).await {
            tracing::error!(workspace = %name, "failed to cancel its runs: {}", chain(&err));
        }
        self.inner.intake.release(id);
        self.inner.parts.volumes.cache_forget(id).await;
    }

    async fn workspace_runs_cancel(
        &self,
        id: WorkspaceId,
        name: &WorkspaceName,
        by: &str,
    ) -> Result<(), StoreError> {
        let mut filter = RunFilter {
            workspace: Some(name.clone()),
            status: vec![RunStatus::Queued, RunStatus::Running, RunStatus::Waiting],
            ..RunFilter::default()
        };
        loop {
            let page = self.parts().store.run_list(&filter, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            filter.before = Some(last.id);
            // Another workspace may have the name by now.
            for row in page.iter().filter(|row| row.workspace == id) {
                // What is left, the next start ends.
                if self.is_draining() {
                    return Ok(());
                }
                self.run_end(row.id, by).await;
            }
        }
    }

    /// Cancels a run that may end by itself meanwhile.
    async fn run_end(&self, run: RunId, by: &str) {
        match self.run_cancel(run, by).await {
            Ok(_) | Err(SchedulerError::RunEnded { .. }) => {}
            Err(err) => tracing::error!(%run, "failed to cancel a run: {}", chain(&err)),
        }
    }

    /// Cancels a run that was accepted while its workspace was archived.
    pub(crate) async fn run_check(&self, row: RunRow) -> Result<RunRow, SchedulerError> {
        if self.workspaces().get(row.workspace).is_some() {
            return Ok(row);
        }
        self.run_end(row.id, "the end of its workspace").await;
        self.run_get(row.id).await
    }

    /// Ends what a server before did not come to end.
    pub(crate) fn workspaces_end(&self, gone: Vec<(WorkspaceId, WorkspaceName)>) {
        for (id, name) in gone {
            let scheduler = self.clone();
            self.inner.tasks.spawn(async move {
                scheduler.workspace_end(id, &name, "the end of its workspace").await;
            });
        }
    }
}

impl Inner {
    /// Reads which workspaces there are, at the start. A new project gets its first one.
    pub(crate) async fn workspaces_load(&self) -> Result<(), StoreError> {
        let store = &self.parts.store;
        let mut stored = store.workspace_list().await?;
        if !stored.iter().any(|workspace| workspace.id == WorkspaceId::DEFAULT) {
            let first = Workspace::default_of(self.parts.clock.now());
            store.workspace_put(first.clone()).await?;
            stored.push(first);
        }
        for paused in stored.iter().filter(|found| found.state == WorkspaceState::Paused) {
            self.intake.hold(paused.id);
        }
        self.workspaces.replace(Workspaces::new(stored));
        Ok(())
    }

    /// Returns a workspace, or an error with a near name.
    pub(crate) fn workspace_known(
        &self,
        name: &WorkspaceName,
    ) -> Result<Workspace, SchedulerError> {
        self.workspaces.all().known(name).cloned().map_err(|refusal| self.refused(refusal))
    }

    async fn workspace_put(&self, workspace: Workspace) -> Result<(), SchedulerError> {
        let kept = self.parts.store.workspace_put(workspace.clone()).await;
        kept.map_err(SchedulerError::Store)?;
        self.workspaces.keep(workspace);
        Ok(())
    }

    fn refused(&self, refusal: WorkspaceRefusal) -> SchedulerError {
        let all = self.workspaces.all();
        let near = match &refusal {
            WorkspaceRefusal::Unknown { name } => {
                nearest(name.as_str(), all.iter().map(|known| known.name.as_str()))
            }
            WorkspaceRefusal::Taken { .. }
            | WorkspaceRefusal::Cycle { .. }
            | WorkspaceRefusal::Inherited { .. }
            | WorkspaceRefusal::DefaultStays => None,
        };
        SchedulerError::Workspace { refusal, near }
    }
}

/// Returns an idempotency key as it is stored: the same key in another workspace is another key.
pub(crate) fn key_in(workspace: WorkspaceId, key: Option<String>) -> Option<Arc<str>> {
    key.map(|key| match workspace {
        WorkspaceId::DEFAULT => key.into(),
        workspace => format!("{workspace}/{key}").into(),
    })
}
