//! Prepared, counted statements: the only way to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::fault::Fault;

/// How many prepared statements a connection keeps: more than there are in this crate.
const CACHED: usize = 80;

/// A connection that counts what it executes.
#[derive(Debug)]
pub(crate) struct Statements {
    connection: Connection,
    count: Arc<AtomicU64>,
}

impl Statements {
    pub(crate) fn new(connection: Connection, count: Arc<AtomicU64>) -> Self {
        connection.set_prepared_statement_cache_capacity(CACHED);
        Self { connection, count }
    }

    /// Executes a statement; returns how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// Executes statements that are not worth preparing.
    pub(crate) fn script(&self, sql: &str) -> Result<(), Fault> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Returns the first row, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        let mut statement = self.prepare(sql)?;
        let row = statement.query_row(params, |row| Ok(read(row))).optional()?;
        row.transpose()
    }

    /// Returns all rows.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut found = Vec::new();
        self.each(sql, params, |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Shows row after row to `read`, until it has seen enough (false).
    pub(crate) fn each(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if !read(row)? {
                break;
            }
        }
        Ok(())
    }

    /// Returns whether no transaction is open.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Returns how many rows were changed since the connection was opened.
    pub(crate) fn changes(&self) -> u64 {
        self.connection.total_changes()
    }

    fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, Fault> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(self.connection.prepare_cached(sql)?)
    }
}
