//! Workspaces.

use async_trait::async_trait;
use kernel_model::workspace::{Workspace, WorkspaceState};
use kernel_ports::store::StoreError;
use kernel_ports::workspace::WorkspaceStore;
use rusqlite::Row;

use crate::SqliteStore;
use crate::column::{
    IdBytes, corrupt, time, time_at, workspace_bytes, workspace_id, workspace_name_at,
};
use crate::fault::Fault;
use crate::statements::Statements;

const ARCHIVED: i64 = 2;

#[async_trait]
impl WorkspaceStore for SqliteStore {
    async fn workspace_put(&self, workspace: Workspace) -> Result<(), StoreError> {
        self.database.write("keep a workspace", move |db| put(db, &workspace)).await
    }

    async fn workspace_list(&self) -> Result<Vec<Workspace>, StoreError> {
        self.database
            .read("list workspaces", |db| {
                db.all(
                    "SELECT id, name, base, state, created_at, updated_at FROM workspace
                     WHERE state < 2 ORDER BY id",
                    [],
                    workspace_of,
                )
            })
            .await
    }
}

fn put(db: &Statements, workspace: &Workspace) -> Result<(), Fault> {
    let Workspace { name, base, state, created_at, updated_at, .. } = workspace;
    let id = workspace_bytes(workspace.id);
    let state = state_code(*state);
    let taken = "SELECT 1 FROM workspace WHERE name = ?1 AND state < 2 AND id <> ?2 AND ?3 < 2";
    if db.first(taken, (name.as_str(), id, state), |_| Ok(()))?.is_some() {
        let what = format!("the workspace {:?}", name.as_str());
        return Err(StoreError::Conflict { what, seen: 0, found: 1 }.into());
    }
    db.execute(
        "INSERT INTO workspace (id, name, base, state, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET name = excluded.name, base = excluded.base,
                                   state = excluded.state, updated_at = excluded.updated_at",
        (id, name.as_str(), base.map(workspace_bytes), state, time(*created_at), time(*updated_at)),
    )?;
    if state == ARCHIVED {
        db.execute("DELETE FROM fact WHERE workspace = ?1", (id,))?;
        db.execute("DELETE FROM result WHERE workspace = ?1", (id,))?;
    }
    Ok(())
}

fn workspace_of(row: &Row<'_>) -> Result<Workspace, Fault> {
    Ok(Workspace {
        id: workspace_id(row.get(0)?),
        name: workspace_name_at(row, 1)?,
        base: row.get::<_, Option<IdBytes>>(2)?.map(workspace_id),
        state: match row.get(3)? {
            0 => WorkspaceState::Active,
            1 => WorkspaceState::Paused,
            ARCHIVED => WorkspaceState::Archived,
            code => return Err(corrupt("state of a workspace", &format!("{code} is none"))),
        },
        created_at: time_at(row, 4)?,
        updated_at: time_at(row, 5)?,
    })
}

fn state_code(state: WorkspaceState) -> i64 {
    match state {
        WorkspaceState::Active => 0,
        WorkspaceState::Paused => 1,
        WorkspaceState::Archived => ARCHIVED,
    }
}
