//! What pipelines remember.

use std::sync::Arc;

use kernel_model::id::PipelineId;

use crate::column::pipeline_bytes;
use crate::fault::Fault;
use crate::statements::Statements;

/// Sets a value, or forgets it. A pipeline that was removed remembers nothing: returns false.
pub(crate) fn set(
    db: &Statements,
    pipeline: PipelineId,
    key: &str,
    value: Option<&str>,
) -> Result<bool, Fault> {
    let id = pipeline_bytes(pipeline);
    let alive = "SELECT 1 FROM pipeline WHERE id = ?1 AND name IS NOT NULL";
    if db.first(alive, (id,), |_| Ok(()))?.is_none() {
        return Ok(false);
    }
    match value {
        Some(value) => db.execute(
            "INSERT INTO fact (pipeline, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET value = excluded.value",
            (id, key, value),
        )?,
        None => db.execute("DELETE FROM fact WHERE pipeline = ?1 AND key = ?2", (id, key))?,
    };
    Ok(true)
}

/// Sets several.
pub(crate) fn set_all(
    db: &Statements,
    pipeline: PipelineId,
    facts: &[(String, Option<Arc<str>>)],
) -> Result<(), Fault> {
    for (key, value) in facts {
        set(db, pipeline, key, value.as_deref())?;
    }
    Ok(())
}
