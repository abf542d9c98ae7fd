//! What pipelines remember.

use std::sync::Arc;

use kernel_model::id::{PipelineId, WorkspaceId};

use crate::column::{pipeline_bytes, workspace_bytes};
use crate::fault::Fault;
use crate::statements::Statements;

/// Returns the value of the first of `workspaces` that has one.
pub(crate) fn get(
    db: &Statements,
    pipeline: PipelineId,
    workspaces: &[WorkspaceId],
    key: &str,
) -> Result<Option<Arc<str>>, Fault> {
    for workspace in workspaces {
        let found = db.first(
            "SELECT value FROM fact WHERE pipeline = ?1 AND workspace = ?2 AND key = ?3",
            (pipeline_bytes(pipeline), workspace_bytes(*workspace), key),
            |row| Ok(row.get(0)?),
        )?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Sets a value, or forgets it. A pipeline that was removed remembers nothing: returns false.
pub(crate) fn set(
    db: &Statements,
    (pipeline, workspace): (PipelineId, WorkspaceId),
    key: &str,
    value: Option<&str>,
) -> Result<bool, Fault> {
    let (id, workspace) = (pipeline_bytes(pipeline), workspace_bytes(workspace));
    let alive = "SELECT 1 FROM pipeline WHERE id = ?1 AND name IS NOT NULL";
    if db.first(alive, (id,), |_| Ok(()))?.is_none() {
        return Ok(false);
    }
    match value {
        Some(value) => db.execute(
            "INSERT INTO fact (pipeline, workspace, key, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET value = excluded.value",
            (id, workspace, key, value),
        )?,
        None => db.execute(
            "DELETE FROM fact WHERE pipeline = ?1 AND workspace = ?2 AND key = ?3",
            (id, workspace, key),
        )?,
    };
    Ok(true)
}

/// Sets several.
pub(crate) fn set_all(
    db: &Statements,
    place: (PipelineId, WorkspaceId),
    facts: &[(String, Option<Arc<str>>)],
) -> Result<(), Fault> {
    for (key, value) in facts {
        set(db, place, key, value.as_deref())?;
    }
    Ok(())
}
