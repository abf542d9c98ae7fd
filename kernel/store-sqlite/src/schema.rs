//! Opening a database, and bringing it to the newest schema.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use kernel_ports::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::Settings;
use crate::fault::Fault;
use crate::statements::Statements;

/// What a kind of database looks like.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Says whose file it is, to `file` and to us.
    application_id: i64,
    /// All steps from an empty file on. A step is never edited once it was released; a new one is
    /// added at the end.
    migrations: &'static [(&'static str, &'static str)],
}

/// A project: pipelines, runs, and what plugins keep.
pub(crate) const PROJECT: Schema = Schema {
    // "Tnon"
    application_id: 0x546e_6f6e,
    migrations: &[
        ("0001-create-tables.sql", include_str!("../migrations/0001-create-tables.sql")),
        ("0002-create-workspaces.sql", include_str!("../migrations/0002-create-workspaces.sql")),
    ],
};

/// The server as a whole: who may do what, and what was done.
pub(crate) const CONTROL: Schema = Schema {
    // "Tnoc"
    application_id: 0x546e_6f63,
    migrations: &[
        ("0001-create-access.sql", include_str!("../migrations/control/0001-create-access.sql")),
        ("0002-create-plugins.sql", include_str!("../migrations/control/0002-create-plugins.sql")),
        (
            "0003-create-visitors.sql",
            include_str!("../migrations/control/0003-create-visitors.sql"),
        ),
        ("0004-create-apps.sql", include_str!("../migrations/control/0004-create-apps.sql")),
        ("0005-create-logins.sql", include_str!("../migrations/control/0005-create-logins.sql")),
        (
            "0006-create-projects.sql",
            include_str!("../migrations/control/0006-create-projects.sql"),
        ),
    ],
};

/// Opens the connection that writes.
pub(crate) fn open(
    path: &Path,
    schema: &Schema,
    settings: Settings,
    count: Arc<AtomicU64>,
) -> Result<Statements, StoreError> {
    let fault = |fault: Fault| fault.into_store_error("open the store", path);
    // Not SQLite's own mutex: a connection is used by one thread at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|err| fault(err.into()))?;
    let db = Statements::new(connection, count);
    // Whose file it is comes first: nothing is written into somebody else's.
    migrate_check(&db, schema, path).map_err(fault)?;
    writer_prepare(&db, settings).map_err(fault)?;
    migrate(&db, schema).map_err(fault)?;
    Ok(db)
}

/// Opens a connection that reads.
pub(crate) fn open_reader(path: &Path, count: Arc<AtomicU64>) -> Result<Statements, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Statements::new(Connection::open_with_flags(path, flags)?, count);
    // 1 MiB of pages each; the system's file cache holds the rest.
    db.script("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0;")?;
    Ok(db)
}

fn writer_prepare(db: &Statements, settings: Settings) -> Result<(), Fault> {
    // A checkpoint at 16 MiB of log: it costs two syncs, however much it moves.
    db.script(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -4096;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA journal_size_limit = 33554432;",
    )?;
    if let Some(pages) = settings.pages_max {
        db.script(&format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(())
}

/// Refuses files that are not ours, and those of a newer version.
fn migrate_check(db: &Statements, schema: &Schema, path: &Path) -> Result<(), Fault> {
    let (application, version, tables) = db
        .first(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id, pragma_user_version",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
        )?
        .unwrap_or_default();
    let shown = path.display().to_string();
    let is_empty = application == 0 && tables == 0;
    if application != schema.application_id && !is_empty {
        let reason = "it is a database of another kind; name another file".to_owned();
        return Err(StoreError::Corrupt { what: shown, reason }.into());
    }
    let (found, known) =
        (u64::try_from(version).unwrap_or(u64::MAX), schema.migrations.len() as u64);
    if found > known {
        return Err(StoreError::Newer { path: shown, found, known }.into());
    }
    Ok(())
}

/// Takes the steps that the database has not taken yet, all or none.
fn migrate(db: &Statements, schema: &Schema) -> Result<(), Fault> {
    let version: i64 =
        db.first("PRAGMA user_version", [], |row| Ok(row.get(0)?))?.unwrap_or_default();
    let done = usize::try_from(version).unwrap_or_default();
    if done >= schema.migrations.len() {
        return Ok(());
    }
    let mut steps =
        format!("BEGIN IMMEDIATE;\nPRAGMA application_id = {};\n", schema.application_id);
    for (name, sql) in schema.migrations.iter().skip(done) {
        steps.push_str(&format!("-- {name}\n{sql}\n"));
    }
    steps.push_str(&format!("PRAGMA user_version = {};\nCOMMIT;", schema.migrations.len()));
    db.script(&steps)
}

#[cfg(test)]
mod tests;
