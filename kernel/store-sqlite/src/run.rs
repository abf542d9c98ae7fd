//! Runs and their histories.

mod append;
mod create;
mod history;
mod list;
mod row;

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::event::{Recorded, StepNo};
use kernel_model::id::{BootId, RunId, WorkspaceId};
use kernel_model::time::Time;
use kernel_ports::artifact::Artifact;
use kernel_ports::run::{NewRun, RunAppend, RunFilter, RunRow, RunStore, SavedResult};
use kernel_ports::store::StoreError;
use kernel_ports::stored;

use crate::SqliteStore;
use crate::column::{
    boot_bytes, boot_id, run_bytes, run_id, time, time_at, u32_at, uint_at, workspace_bytes,
};

#[async_trait]
impl RunStore for SqliteStore {
    async fn boot(&self, boot: BootId, at: Time) -> Result<Option<BootId>, StoreError> {
        self.database
            .write("take the store for this boot", move |db| {
                let before = db.first("SELECT boot FROM store", [], |row| Ok(row.get(0)?))?;
                db.execute(
                    "UPDATE store SET boot = ?1, booted_at = ?2",
                    (boot_bytes(boot), time(at)),
                )?;
                Ok(before.flatten().map(boot_id))
            })
            .await
    }

    async fn run_create(&self, run: NewRun) -> Result<(RunRow, bool), StoreError> {
        self.database.write("accept a run", move |db| create::create(db, &run)).await
    }

    async fn run_append(&self, append: RunAppend) -> Result<(), StoreError> {
        // Made here and not by the writer, which all wait for.
        let events = stored::events_write(&append.events)?;
        self.database
            .write_checked("append to a run", move |db| append::append(db, &append, &events))
            .await
    }

    async fn run_get(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        self.database.read("read a run", move |db| row::get(db, run_bytes(run))).await
    }

    async fn run_list(&self, filter: &RunFilter, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let filter = filter.clone();
        self.database.read("list runs", move |db| list::list(db, &filter, limit)).await
    }

    async fn run_list_open(
        &self,
        after: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        self.database.read("list open runs", move |db| list::list_open(db, after, limit)).await
    }

    async fn run_history(
        &self,
        run: RunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.database
            .read("read the history of a run", move |db| history::read(db, run, after, limit))
            .await
    }

    async fn run_language_state(&self, run: RunId) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.database
            .read("read the state of a run", move |db| {
                db.first("SELECT state FROM run_state WHERE run = ?1", (run_bytes(run),), |row| {
                    Ok(row.get::<_, Vec<u8>>(0)?.into())
                })
            })
            .await
    }

    async fn result_get(
        &self,
        workspace: WorkspaceId,
        key: &str,
    ) -> Result<Option<SavedResult>, StoreError> {
        let key = key.to_owned();
        self.database
            .read("read a saved result", move |db| {
                db.first(
                    "SELECT key, value, run, at FROM result WHERE workspace = ?1 AND key = ?2",
                    (workspace_bytes(workspace), key),
                    |row| {
                        Ok(SavedResult {
                            key: row.get(0)?,
                            value: row.get(1)?,
                            run: run_id(row.get(2)?),
                            at: time_at(row, 3)?,
                        })
                    },
                )
            })
            .await
    }

    async fn artifact_list(&self, run: RunId) -> Result<Vec<Artifact>, StoreError> {
        self.database
            .read("list artifacts", move |db| {
                db.all(
                "SELECT step, name, size, sha256, at FROM artifact WHERE run = ?1 ORDER BY name",
                (run_bytes(run),),
                |row| {
                    Ok(Artifact {
                        run,
                        step: StepNo(u32_at(row, 0)?),
                        name: row.get(1)?,
                        size: uint_at(row, 2)?,
                        sha256: row.get(3)?,
                        at: time_at(row, 4)?,
                    })
                },
            )
            })
            .await
    }

    async fn run_count_open(&self) -> Result<u64, StoreError> {
        self.database
            .read("count open runs", |db| {
                let sql = "SELECT count(*) FROM run INDEXED BY run_open WHERE status < 3";
                Ok(db.first(sql, [], |row| uint_at(row, 0))?.unwrap_or(0))
            })
            .await
    }
}
