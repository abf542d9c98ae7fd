//! The store of the server as a whole: who may do what, and what was done.
//!
//! Its database is opened by the same machinery as that of a project: one process holds it, one
//! thread writes it. Other parts of the server add tables by a next step of its migrations.

mod access;
mod app;
mod audit;
mod login;
mod plugin;
mod project;
mod row;

use std::path::Path;

use kernel_ports::store::StoreError;

use crate::database::Database;
use crate::{Settings, schema};

/// The store of the server, in one SQLite file.
///
/// Dropping it waits for the writes in hand and lets go of the file.
#[derive(Debug)]
pub struct ControlStore {
    database: Database,
}

impl ControlStore {
    /// Opens the store at `path`; makes it if there is no such file. Blocks for some milliseconds.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let settings = Settings { readers: 2, pages_max: None };
        Ok(Self { database: Database::open(path, &schema::CONTROL, settings)? })
    }

    /// Returns how many statements were executed since it was opened.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.database.statements()
    }
}
