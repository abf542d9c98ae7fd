//! The handle that everybody holds, and what is shared behind it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel_model::id::{BootId, RunId};
use kernel_model::time::Time;
use kernel_ports::artifact::Blobs;
use kernel_ports::clock::{Clock, Entropy};
use kernel_ports::fetch::Fetch;
use kernel_ports::log::Logs;
use kernel_ports::plugin::{PluginKind, Plugins};
use kernel_ports::process::Processes;
use kernel_ports::run::RunStatus;
use kernel_ports::secret::Secrets;
use kernel_ports::store::Store;
use kernel_ports::volume::Volumes;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use crate::actor::{Mailbox, Message};
use crate::defers::Defers;
use crate::dispatch::Dispatch;
use crate::intake::Intake;
use crate::plan::Plans;
use crate::poll::Polls;
use crate::wakes::Wakes;
use crate::workspace::Table;
use crate::{SchedulerError, Settings};

/// Everything outside that the scheduler acts by.
#[derive(Clone)]
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub plugins: Arc<dyn Plugins>,
    pub logs: Arc<dyn Logs>,
    pub blobs: Arc<dyn Blobs>,
    pub volumes: Arc<dyn Volumes>,
    pub processes: Arc<dyn Processes>,
    pub secrets: Arc<dyn Secrets>,
    pub fetch: Arc<dyn Fetch>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

/// A cheap handle on the scheduler.
#[derive(Clone)]
pub struct Scheduler {
    pub(crate) inner: Arc<Inner>,
}

/// What actors, timers and callers share.
pub(crate) struct Inner {
    pub(crate) parts: Parts,
    pub(crate) settings: Settings,
    pub(crate) boot: BootId,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) defers: Defers,
    pub(crate) plans: Plans,
    pub(crate) intake: Intake,
    pub(crate) workspaces: Table,
    pub(crate) wakes: Wakes,
    pub(crate) polls: Polls,
    pub(crate) tasks: TaskTracker,
    runs: Mutex<Runs>,
    is_draining: AtomicBool,
}

/// Runs that have not ended.
#[derive(Default)]
pub(crate) struct Runs {
    /// Loaded ones.
    pub(crate) actors: HashMap<RunId, Mailbox>,
    /// All of them.
    pub(crate) open: HashSet<RunId>,
    /// Those that somebody has asked about.
    pub(crate) watches: HashMap<RunId, watch::Sender<u64>>,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").field("boot", &self.inner.boot).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Scheduler {
    /// Takes the store, ends what a dead server left behind, and goes on with all open runs.
    pub async fn start(parts: Parts, settings: Settings) -> Result<Self, SchedulerError> {
        let boot = BootId(parts.entropy.id());
        let before = parts.store.boot(boot, parts.clock.now()).await;
        let before = before.map_err(SchedulerError::Store)?;
        if before.is_some() {
            let n = parts.processes.end_marked(&format!("{}/", settings.instance)).await;
            if n > 0 {
                tracing::warn!(processes = n, "ended what the server before had left running");
            }
        }
        let inner = Arc::new(Inner {
            boot,
            dispatch: Dispatch::new(settings.attempts_max, settings.tags.clone()),
            defers: Defers::default(),
            plans: Plans::default(),
            intake: Intake::default(),
            workspaces: Table::default(),
            wakes: Wakes::default(),
            polls: Polls::default(),
            tasks: TaskTracker::new(),
            runs: Mutex::default(),
            is_draining: AtomicBool::new(false),
            parts,
            settings,
        });
        inner.workspaces_load().await.map_err(SchedulerError::Store)?;
        let gone = inner.open_runs_load().await.map_err(SchedulerError::Store)?;
        inner.polls_load().await.map_err(SchedulerError::Store)?;
        tokio::spawn(crate::wakes::run(Arc::downgrade(&inner)));
        tokio::spawn(crate::poll::run(Arc::downgrade(&inner)));
        inner.intake_serve();
        let scheduler = Self { inner };
        scheduler.workspaces_end(gone);
        Ok(scheduler)
    }

    /// Stops taking work, waits for attempts in progress up to `grace`, ends the rest, and returns
    /// when everything is stored. Interrupted attempts go on after the next start.
    pub async fn drain(&self, grace: Duration) {
        let inner = &self.inner;
        inner.is_draining.store(true, Ordering::Release);
        inner.dispatch.drain();
        inner.tasks.close();
        let quiet = inner.attempts_end(grace);
        quiet.await;
        for mailbox in inner.runs().actors.values() {
            mailbox.send(Message::Drain);
        }
        inner.tasks.wait().await;
    }

    /// Returns whether the server is stopping.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.inner.is_draining()
    }

    /// Returns the outside, for readers.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.inner.parts
    }
}

impl Inner {
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    pub(crate) fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the launcher for steps whose run and language name none.
    pub(crate) fn launcher(&self) -> String {
        let bound = self.parts.plugins.default_binding(PluginKind::Launcher);
        bound.map_or_else(|| self.settings.launcher.clone(), |name| name.to_string())
    }

    /// Sleeps until a time of the clock; for ever without one.
    pub(crate) fn sleep_until(&self, at: Option<Time>) -> impl Future<Output = ()> + use<> {
        let wait = at.map(|at| at.since_ms(self.parts.clock.now()));
        async move {
            match wait {
                Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Sends to a run in progress, and loads it if it sleeps. The message comes back if the run has
    /// ended or is not known.
    pub(crate) async fn send(
        self: &Arc<Self>,
        run: RunId,
        message: Message,
    ) -> Result<(), Message> {
        let mut message = message;
        loop {
            let mailbox = self.runs().actors.get(&run).cloned();
            if let Some(mailbox) = mailbox {
                match mailbox.try_send(message) {
                    Ok(()) => return Ok(()),
                    Err(back) => message = back,
                }
                // It is just leaving; its place is free in a moment.
                tokio::task::yield_now().await;
                continue;
            }
            match self.parts.store.run_get(run).await {
                Ok(Some(row)) if matches!(row.status, RunStatus::Waiting | RunStatus::Running) => {
                    let (mailbox, inbox) = Mailbox::new();
                    match mailbox.try_send(message) {
                        Ok(()) => {}
                        Err(back) => return Err(back),
                    }
                    match self.actor_spawn(row, mailbox, inbox) {
                        Ok(()) => return Ok(()),
                        Err(mut inbox) => match inbox.try_recv() {
                            Ok(back) => message = back,
                            Err(_) => return Ok(()),
                        },
                    }
                }
                Ok(_) | Err(_) => return Err(message),
            }
        }
    }

    /// As `send`, without waiting for it.
    pub(crate) fn send_detached(self: &Arc<Self>, run: RunId, message: Message) {
        let inner = Arc::clone(self);
        tokio::spawn(async move { drop(inner.send(run, message).await) });
    }

    /// Waits until no attempt is in progress, at most for `grace`.
    async fn attempts_end(&self, grace: Duration) {
        let dispatch = Arc::clone(&self.dispatch);
        drop(tokio::time::timeout(grace, async move { dispatch.idle().await }).await);
    }
}

/// The channel to an actor that is being made.
pub(crate) type Inbox = mpsc::UnboundedReceiver<Message>;
