//! One database file: its lock, the thread that writes, and the connections that read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel_ports::store::StoreError;

use crate::fault::Fault;
use crate::readers::Readers;
use crate::schema::Schema;
use crate::statements::Statements;
use crate::writer::{Undo, Writer};
use crate::{Settings, lock, schema};

/// A file and the ways to it, whatever it holds.
///
/// Dropping it waits for the writes in hand and lets go of the file.
#[derive(Debug)]
pub(crate) struct Database {
    path: Arc<PathBuf>,
    statements: Arc<AtomicU64>,
    readers: Readers,
    writer: Writer,
}

impl Database {
    /// Opens the file at `path`; makes it if there is none. Blocks for some milliseconds.
    pub(crate) fn open(
        path: &Path,
        schema: &'static Schema,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let path = Arc::new(path.to_owned());
        let lock = lock::take(&path)?;
        let statements = Arc::new(AtomicU64::new(0));
        let db = schema::open(&path, schema, settings, Arc::clone(&statements))?;
        let writer = Writer::start(db, lock, Arc::clone(&path))?;
        let readers = Readers::new(Arc::clone(&path), settings.readers, Arc::clone(&statements));
        Ok(Self { path, statements, readers, writer })
    }

    /// Runs `work` as a transaction. `action` says what for, as in "failed to …".
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(action, Undo::Savepoint, work).await
    }

    /// The same for `work` that changes nothing before it refuses, and happens often.
    pub(crate) async fn write_checked<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(action, Undo::Needless, work).await
    }

    /// Runs `work` on one state of the database, beside the writer.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let result = self.readers.read(work).await;
        result.map_err(|fault| fault.into_store_error(action, &self.path))
    }

    /// Returns how many statements were executed since it was opened.
    pub(crate) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}
