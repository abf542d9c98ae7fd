//! The embedded stores: one SQLite file per project and one for the server as a whole, each with
//! one writer with group commit and a few readers.
//!
//! Invariants:
//! - This is the only crate that names rusqlite; no SQL and no connection leaves it.
//! - What a method reported as done is on the disk (`synchronous=FULL`).
//! - All writes go through one thread ([`writer`]), all reads through read-only connections.
//! - One process at a time holds a store ([`lock`]).

mod column;
mod control;
mod database;
mod fact;
mod fault;
mod kv;
mod lock;
mod pipeline;
mod readers;
mod run;
mod schema;
mod statements;
mod workspace;
mod writer;

use std::path::Path;

use kernel_ports::store::{Store, StoreError};

pub use crate::control::ControlStore;
use crate::database::Database;

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

/// The store of a project, in one SQLite file.
///
/// Dropping it waits for the writes in hand and lets go of the file.
#[derive(Debug)]
pub struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// Opens the store at `path`; makes it if there is no such file. Blocks for some milliseconds.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Settings::default())
    }

    /// Opens the store as `settings` say.
    pub fn open_with(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(path, &schema::PROJECT, settings)? })
    }
}

impl Store for SqliteStore {
    fn statements(&self) -> u64 {
        self.database.statements()
    }
}
