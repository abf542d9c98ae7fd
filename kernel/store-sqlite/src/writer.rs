//! The one thread that writes: many transactions, one commit.
//!
//! The thread takes what is queued, runs each piece of work for itself ([`Undo`]) in one transaction,
//! commits once, and only then answers. While the disk syncs, the next group gathers by itself, so
//! there is no delay to tune: a lone write is committed at once.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use kernel_ports::store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::fault::Fault;
use crate::statements::Statements;

/// How many writes may wait: beyond that, callers wait.
const QUEUED_MAX: usize = 1024;
/// How many writes share a commit: so many that the sync hardly counts, so few that none waits long.
const GROUP_MAX: usize = 256;

/// How a piece of work that fails is undone, while the others of its group go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undo {
    /// By a savepoint, which copies each page before its first change.
    Savepoint,
    /// Not at all: it refuses before it changes anything. If SQLite fails it later, its group fails.
    Needless,
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Present until dropped.
    queue: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    path: Arc<PathBuf>,
}

impl Writer {
    pub(crate) fn start(
        db: Statements,
        lock: File,
        path: Arc<PathBuf>,
    ) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel(QUEUED_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                serve(&db, jobs);
                // The database is closed before another process may take it.
                drop(db);
                drop(lock);
            })
            .map_err(|err| StoreError::Io {
                action: "start the thread that writes the store".to_owned(),
                err: err.into(),
            })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), path })
    }

    /// Runs `work` as a transaction; when this returns, it is on the disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        undo: Undo,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Task { undo, work: Some(work), result: Err(Fault::Gone), reply };
        let fault = |fault: Fault| fault.into_store_error(action, &self.path);
        let queue = self.queue.as_ref().ok_or_else(|| fault(Fault::Gone))?;
        queue.send(Box::new(job)).await.map_err(|_| fault(Fault::Gone))?;
        answer.await.unwrap_or(Err(Fault::Gone)).map_err(fault)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends when nobody can queue any more.
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("bug: the thread that writes the store panicked");
        }
    }
}

/// A piece of work in the queue.
trait Job: Send {
    fn undo(&self) -> Undo;
    /// Does the work, and keeps the result.
    fn run(&mut self, db: &Statements) -> Result<(), Broken>;
    /// Tells the caller; `broken` says that the commit failed, for whoever had succeeded.
    fn answer(self: Box<Self>, broken: Option<&Broken>);
}

struct Task<T, W> {
    undo: Undo,
    work: Option<W>,
    result: Result<T, Fault>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<T: Send, W: FnOnce(&Statements) -> Result<T, Fault> + Send> Job for Task<T, W> {
    fn undo(&self) -> Undo {
        self.undo
    }

    fn run(&mut self, db: &Statements) -> Result<(), Broken> {
        if let Some(work) = self.work.take() {
            // A bug in one piece of work must not end the thread that all depend on.
            let result = catch_unwind(AssertUnwindSafe(|| work(db)));
            self.result = result.unwrap_or(Err(Fault::Gone));
        }
        self.result.as_ref().map(|_| ()).map_err(Broken::from)
    }

    fn answer(self: Box<Self>, broken: Option<&Broken>) {
        let result = match (self.result, broken) {
            (Ok(_), Some(broken)) => Err(broken.fault()),
            (result, _) => result,
        };
        // Who no longer waits does not want to know.
        let _ = self.reply.send(result);
    }
}

/// Why a whole group failed: errors of SQLite cannot be copied, this one can.
struct Broken {
    code: Option<rusqlite::ffi::Error>,
    message: String,
}

impl Broken {
    fn fault(&self) -> Fault {
        match self.code {
            Some(code) => {
                Fault::Sql(rusqlite::Error::SqliteFailure(code, Some(self.message.clone())))
            }
            None => Fault::Refused(StoreError::Io {
                action: "commit to the store".to_owned(),
                err: self.message.clone().into(),
            }),
        }
    }
}

impl From<&Fault> for Broken {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Sql(err) => Self { code: err.sqlite_error().copied(), message: err.to_string() },
            Fault::Refused(err) => Self { code: None, message: err.to_string() },
            Fault::Gone => Self { code: None, message: "bug: a write panicked".to_owned() },
        }
    }
}

fn serve(db: &Statements, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = jobs.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        let broken = commit(db, &mut group).err();
        if let Some(Broken { message, .. }) = &broken {
            tracing::error!(writes = group.len(), "the store could not commit: {message}");
        }
        for job in group.drain(..) {
            job.answer(broken.as_ref());
        }
    }
}

/// Runs the group in one transaction. On error nothing of it has happened.
fn commit(db: &Statements, group: &mut [Box<dyn Job>]) -> Result<(), Broken> {
    let result = run_all(db, group);
    if result.is_err()
        && !db.is_autocommit()
        && let Err(Fault::Sql(err)) = db.execute("ROLLBACK", [])
    {
        tracing::error!("the store could not roll back: {err}");
    }
    result
}

fn run_all(db: &Statements, group: &mut [Box<dyn Job>]) -> Result<(), Broken> {
    let execute = |sql| db.execute(sql, []).map(drop).map_err(|fault| Broken::from(&fault));
    execute("BEGIN IMMEDIATE")?;
    for job in group {
        let undo = job.undo();
        let changes = db.changes();
        if undo == Undo::Savepoint {
            execute("SAVEPOINT one")?;
        }
        if let Err(broken) = job.run(db) {
            // A full disk can undo the whole transaction, the work of the others too.
            if db.is_autocommit() || (undo == Undo::Needless && db.changes() != changes) {
                return Err(broken);
            }
            if undo == Undo::Savepoint {
                execute("ROLLBACK TO one")?;
            }
        }
        if undo == Undo::Savepoint {
            execute("RELEASE one")?;
        }
    }
    execute("COMMIT")
}

#[cfg(test)]
mod tests;
