//! The embedded store: one SQLite file, one writer with group commit, a few readers.
//!
//! Invariants:
//! - This is the only crate that names rusqlite; no SQL and no connection leaves it.
//! - What a method reported as done is on the disk (`synchronous=FULL`).
//! - All writes go through one thread ([`writer`]), all reads through read-only connections.
//! - One process at a time holds a store ([`lock`]).

mod column;
mod fact;
mod fault;
mod kv;
mod lock;
mod pipeline;
mod readers;
mod run;
mod schema;
mod statements;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel_ports::store::{Store, StoreError};

use crate::fault::Fault;
use crate::readers::Readers;
use crate::statements::Statements;
use crate::writer::{Undo, Writer};

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many connections read at the same time. Each is opened when it is first needed.
    pub readers: u32,
    /// The size that the database may grow to, in pages of 4 KiB; `None`: as the disk allows.
    pub pages_max: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { readers: 4, pages_max: None }
    }
}

/// A store in one SQLite file.
///
/// Dropping it waits for the writes in hand and lets go of the file.
#[derive(Debug)]
pub struct SqliteStore {
    path: Arc<PathBuf>,
    statements: Arc<AtomicU64>,
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the store at `path`; makes it if there is no such file. Blocks for some milliseconds.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Settings::default())
    }

    /// Opens the store as `settings` say.
    pub fn open_with(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let path = Arc::new(path.to_owned());
        let lock = lock::take(&path)?;
        let statements = Arc::new(AtomicU64::new(0));
        let db = schema::open(&path, settings, Arc::clone(&statements))?;
        let writer = Writer::start(db, lock, Arc::clone(&path))?;
        let readers = Readers::new(Arc::clone(&path), settings.readers, Arc::clone(&statements));
        Ok(Self { path, statements, readers, writer })
    }

    /// Runs `work` as a transaction. `action` says what for, as in "failed to …".
    async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(action, Undo::Savepoint, work).await
    }

    /// The same for `work` that changes nothing before it refuses, and happens often.
    async fn write_checked<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(action, Undo::Needless, work).await
    }

    /// Runs `work` on one state of the database, beside the writer.
    async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = self.readers.read(work).await;
        result.map_err(|fault| fault.into_store_error(action, &self.path))
    }
}

impl Store for SqliteStore {
    fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}
