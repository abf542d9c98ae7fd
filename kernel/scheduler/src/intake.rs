//! Which runs are in progress: a bounded queue, first in, first out, and the way from the store
//! into an actor and back.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel_model::id::{RunId, WorkspaceId};
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::{RunRow, RunStatus};
use kernel_ports::store::StoreError;
use tokio::sync::watch;

use crate::SchedulerError;
use crate::actor::{Actor, Mailbox};
use crate::attempt::chain;
use crate::scheduler::{Inbox, Inner};
use crate::waiting::Waiting;

/// Open runs that are read at a time.
const PAGE: u32 = 1_000;
/// What callers are told when the queue is full.
const RETRY_AFTER_MS: u64 = 5_000;
/// The namespace and key under which the runs with kept volumes are remembered.
const KEPT: (&str, &str) = ("kernel", "kept-volumes");

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    queue: VecDeque<Place>,
    /// Workspaces that begin no runs, with those that wait for that. They are not in the queue, so
    /// that they hold up nobody.
    held: HashMap<WorkspaceId, VecDeque<Place>>,
    /// Places promised to runs that are being stored.
    promised: usize,
    in_progress: usize,
}

/// A queued run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    run: RunId,
    workspace: WorkspaceId,
}

impl Intake {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises a place, or says that there is none. A workspace that begins no runs fills up by
    /// itself.
    pub(crate) fn reserve(
        &self,
        workspace: WorkspaceId,
        limit: usize,
    ) -> Result<(), SchedulerError> {
        let mut line = self.line();
        let queue = line.held.get(&workspace).unwrap_or(&line.queue);
        if queue.len() + line.promised >= limit {
            return Err(SchedulerError::QueueFull { limit, retry_after_ms: RETRY_AFTER_MS });
        }
        line.promised += 1;
        Ok(())
    }

    /// Takes the promise back, with the run that came of it.
    pub(crate) fn redeem(&self, workspace: WorkspaceId, run: Option<RunId>) {
        let mut line = self.line();
        line.promised = line.promised.saturating_sub(1);
        if let Some(run) = run {
            line.add(Place { run, workspace });
        }
    }

    /// Begins no runs of a workspace from now on.
    pub(crate) fn hold(&self, workspace: WorkspaceId) {
        let line = &mut *self.line();
        let held = line.held.entry(workspace).or_default();
        held.extend(line.queue.iter().filter(|place| place.workspace == workspace));
        line.queue.retain(|place| place.workspace != workspace);
    }

    /// Lets the runs of a workspace take their places in the queue, by age.
    pub(crate) fn release(&self, workspace: WorkspaceId) {
        let line = &mut *self.line();
        line.queue.extend(line.held.remove(&workspace).unwrap_or_default());
        line.queue.make_contiguous().sort_by_key(|place| place.run);
    }

    /// Removes a queued run. False if it is not queued (any more).
    pub(crate) fn withdraw(&self, run: RunId) -> bool {
        let line = &mut *self.line();
        let queues = std::iter::once(&mut line.queue).chain(line.held.values_mut());
        for queue in queues {
            if let Some(at) = queue.iter().position(|place| place.run == run) {
                queue.remove(at);
                return true;
            }
        }
        false
    }

    pub(crate) fn waiting(&self, row: &RunRow, limit: usize) -> Option<Waiting> {
        let line = self.line();
        if line.held.contains_key(&row.workspace) {
            return Some(Waiting::Paused { workspace: row.workspace_name.clone() });
        }
        let position = line.queue.iter().position(|place| place.run == row.id)?;
        Some(Waiting::Runs { position, in_progress: line.in_progress, limit })
    }
}

impl Line {
    fn add(&mut self, place: Place) {
        self.held.get_mut(&place.workspace).unwrap_or(&mut self.queue).push_back(place);
    }
}

impl Inner {
    /// Lets queued runs begin while there is room.
    pub(crate) fn intake_serve(self: &Arc<Self>) {
        if self.is_draining() {
            return;
        }
        loop {
            let (next, mailbox, inbox) = {
                let mut line = self.intake.line();
                if line.in_progress >= self.settings.runs_max.max(1) {
                    return;
                }
                let Some(Place { run: next, .. }) = line.queue.pop_front() else { return };
                line.in_progress += 1;
                // A run is in the queue or can be reached: nothing that is said to it gets lost.
                let (mailbox, inbox) = Mailbox::new();
                self.runs().actors.insert(next, mailbox.clone());
                (next, mailbox, inbox)
            };
            let inner = Arc::clone(self);
            self.tasks.spawn(async move { inner.run_begin(next, mailbox, inbox).await });
        }
    }

    async fn run_begin(self: Arc<Self>, run: RunId, mailbox: Mailbox, inbox: Inbox) {
        match self.parts.store.run_get(run).await {
            Ok(Some(row)) if row.status == RunStatus::Queued => {
                self.actor_start(row, mailbox, inbox);
            }
            Ok(_) => self.run_left(run),
            Err(err) => {
                tracing::error!(%run, "failed to begin a run: {}", chain(&err));
                self.run_left(run);
            }
        }
    }

    /// Makes an actor for a run that sleeps or was left. Gives the inbox back if there is one.
    pub(crate) fn actor_spawn(
        self: &Arc<Self>,
        row: RunRow,
        mailbox: Mailbox,
        inbox: Inbox,
    ) -> Result<(), Inbox> {
        {
            let mut line = self.intake.line();
            let mut runs = self.runs();
            if runs.actors.contains_key(&row.id) || !runs.open.contains(&row.id) {
                return Err(inbox);
            }
            runs.actors.insert(row.id, mailbox.clone());
            line.in_progress += 1;
        }
        self.actor_start(row, mailbox, inbox);
        Ok(())
    }

    /// Starts the actor of a run whose mailbox is known and whose place is counted.
    fn actor_start(self: &Arc<Self>, row: RunRow, mailbox: Mailbox, inbox: Inbox) {
        let progress = {
            let mut runs = self.runs();
            let watch = runs.watches.entry(row.id);
            watch.or_insert_with(|| watch::channel(row.seq).0).clone()
        };
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            let loaded =
                Actor::load(Arc::clone(&inner), row.clone(), mailbox, inbox, progress).await;
            match loaded {
                Ok(actor) => actor.live().await,
                Err(err) => {
                    crate::actor::give_up(&inner, &row, &err).await;
                    inner.run_ended(row.id, false);
                }
            }
        });
    }

    /// A run has ended, and that is stored.
    pub(crate) fn run_ended(self: &Arc<Self>, run: RunId, uses_volumes: bool) {
        {
            let mut runs = self.runs();
            runs.actors.remove(&run);
            runs.open.remove(&run);
            runs.watches.remove(&run);
        }
        self.parts.secrets.secret_forget(run);
        self.place_free();
        if uses_volumes {
            let inner = Arc::clone(self);
            self.tasks.spawn(async move { inner.volumes_retire(run).await });
        }
    }

    /// A run sleeps until `at`. What was said to it in the last moment wakes it at once.
    pub(crate) fn run_asleep(self: &Arc<Self>, run: RunId, at: Option<Time>, mut inbox: Inbox) {
        {
            let mut runs = self.runs();
            runs.actors.remove(&run);
            let is_watched = runs.watches.get(&run).is_some_and(|w| w.receiver_count() > 0);
            if !is_watched {
                runs.watches.remove(&run);
            }
        }
        self.place_free();
        inbox.close();
        while let Ok(message) = inbox.try_recv() {
            self.send_detached(run, message);
        }
        if let Some(at) = at {
            self.wakes.add(at, run);
        }
    }

    /// A run was left as it is stored.
    pub(crate) fn run_left(self: &Arc<Self>, run: RunId) {
        self.runs().actors.remove(&run);
        self.place_free();
    }

    /// Loads a sleeping run whose time has come.
    pub(crate) async fn run_wake(self: &Arc<Self>, run: RunId) {
        match self.parts.store.run_get(run).await {
            Ok(Some(row)) if matches!(row.status, RunStatus::Waiting | RunStatus::Running) => {
                let (mailbox, inbox) = Mailbox::new();
                // An actor that is there already knows its timers.
                drop(self.actor_spawn(row, mailbox, inbox));
            }
            Ok(_) => {}
            Err(err) => {
                tracing::error!(%run, "failed to wake a run: {}", chain(&err));
                self.wakes.add(self.parts.clock.now().plus_ms(RETRY_AFTER_MS), run);
            }
        }
    }

    /// Takes up the open runs of the server before. Returns the workspaces that are archived and
    /// still have some; they begin none of them.
    pub(crate) async fn open_runs_load(
        self: &Arc<Self>,
    ) -> Result<Vec<(WorkspaceId, WorkspaceName)>, StoreError> {
        let workspaces = self.workspaces.all();
        let (mut after, mut gone) = (None, BTreeMap::new());
        loop {
            let page = self.parts.store.run_list_open(after, PAGE).await?;
            let Some(last) = page.last().map(|row| row.id) else {
                return Ok(gone.into_iter().collect());
            };
            after = Some(last);
            for row in page {
                self.runs().open.insert(row.id);
                if workspaces.get(row.workspace).is_none() {
                    self.intake.hold(row.workspace);
                    gone.insert(row.workspace, row.workspace_name.clone());
                }
                match row.status {
                    RunStatus::Queued => {
                        self.intake.line().add(Place { run: row.id, workspace: row.workspace });
                    }
                    RunStatus::Waiting => {
                        if let Some(at) = row.wake_at {
                            self.wakes.add(at, row.id);
                        }
                    }
                    RunStatus::Running => {
                        let (mailbox, inbox) = Mailbox::new();
                        drop(self.actor_spawn(row, mailbox, inbox));
                    }
                    RunStatus::Ended(_) => {}
                }
            }
        }
    }

    fn place_free(self: &Arc<Self>) {
        {
            let mut line = self.intake.line();
            line.in_progress = line.in_progress.saturating_sub(1);
        }
        self.intake_serve();
    }

    /// Keeps the volumes of the newest ended runs, and removes those of the oldest.
    async fn volumes_retire(&self, run: RunId) {
        let (namespace, key) = KEPT;
        let store = &self.parts.store;
        loop {
            let item = match store.kv_get(namespace, key).await {
                Ok(item) => item,
                Err(err) => {
                    return tracing::warn!(%run, "failed to retire volumes: {}", chain(&err));
                }
            };
            let seen = item.as_ref().map_or(0, |item| item.version);
            let mut kept: Vec<String> =
                item.and_then(|item| serde_json::from_slice(&item.value).ok()).unwrap_or_default();
            kept.push(run.to_string());
            let surplus = kept.len().saturating_sub(self.settings.kept_volumes_max);
            let retired: Vec<String> = kept.drain(..surplus).collect();
            let value = serde_json::json!(kept).to_string();
            match store.kv_set(namespace, key, value.as_bytes(), Some(seen)).await {
                Ok(_) => {
                    for run in retired.iter().filter_map(|text| text.parse().ok()) {
                        self.parts.volumes.run_remove(run).await;
                    }
                    return;
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(err) => {
                    return tracing::warn!(%run, "failed to retire volumes: {}", chain(&err));
                }
            }
        }
    }
}
