//! Accepting a run.

use kernel_model::id::RunId;
use kernel_ports::run::{NewRun, RunRow, RunStatus};
use kernel_ports::store::StoreError;

use super::row;
use crate::column::{
    IdBytes, int, pipeline_bytes, run_bytes, status_code, time, uint_at, workspace_bytes,
};
use crate::fact;
use crate::fault::Fault;
use crate::statements::Statements;

/// Accepts a run, or returns the one that was made with the same key.
pub(super) fn create(db: &Statements, run: &NewRun) -> Result<(RunRow, bool), Fault> {
    if let Some(key) = &run.idempotency_key
        && let Some(known) = known(db, key)?
    {
        return Ok((known, false));
    }
    let number = number(db, run)?;
    insert(db, run, number)?;
    fact::set_all(db, (run.pipeline, run.workspace), &run.facts)?;
    let row = RunRow {
        id: run.id,
        pipeline: run.pipeline,
        pipeline_name: run.pipeline_name.clone(),
        version: run.version,
        workspace: run.workspace,
        workspace_name: run.workspace_name.clone(),
        number,
        status: RunStatus::Queued,
        trigger: run.trigger.clone(),
        trigger_kind: run.trigger_kind.clone(),
        input: run.input.clone(),
        origin: run.origin,
        message: None,
        created_at: run.at,
        started_at: None,
        ended_at: None,
        wake_at: None,
        seq: 0,
    };
    Ok((row, true))
}

/// Returns the milliseconds that an id holds (UUID version 7: the first 48 bits).
pub(super) fn id_ms(run: RunId) -> u64 {
    u64::try_from(run.0 >> 80).unwrap_or(u64::MAX)
}

fn known(db: &Statements, key: &str) -> Result<Option<RunRow>, Fault> {
    let sql = "SELECT run FROM idempotency WHERE key = ?1";
    let Some(run): Option<IdBytes> = db.first(sql, (key,), |row| Ok(row.get(0)?))? else {
        return Ok(None);
    };
    row::get(db, run)
}

/// Takes the next number of the pipeline.
fn number(db: &Statements, run: &NewRun) -> Result<u64, Fault> {
    let number = db.first(
        "UPDATE pipeline SET runs = runs + 1 WHERE id = ?1 RETURNING runs",
        (pipeline_bytes(run.pipeline),),
        |row| uint_at(row, 0),
    )?;
    number.ok_or_else(|| StoreError::NotFound { what: run.pipeline.to_string() }.into())
}

fn insert(db: &Statements, run: &NewRun, number: u64) -> Result<(), Fault> {
    let id = run_bytes(run.id);
    let inserted = db.execute(
        "INSERT INTO run (id, pipeline, pipeline_name, version, number, status, trigger_kind,
                          origin, created_at, workspace, workspace_name, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0) ON CONFLICT DO NOTHING",
        (
            id,
            pipeline_bytes(run.pipeline),
            run.pipeline_name.as_str(),
            run.version,
            int(number),
            status_code(RunStatus::Queued),
            &run.trigger_kind,
            run.origin.map(run_bytes),
            time(run.at),
            workspace_bytes(run.workspace),
            run.workspace_name.as_str(),
        ),
    )?;
    if inserted == 0 {
        return Err(StoreError::Conflict { what: run.id.to_string(), seen: 0, found: 1 }.into());
    }
    db.execute(
        "INSERT INTO run_input (run, trigger, input) VALUES (?1, ?2, ?3)",
        (id, &run.trigger, &run.input),
    )?;
    db.execute(
        "INSERT INTO trigger_kind (word) VALUES (?1) ON CONFLICT DO NOTHING",
        (&run.trigger_kind,),
    )?;
    let skew = int(id_ms(run.id).abs_diff(run.at.0));
    db.execute("UPDATE store SET id_skew_ms = ?1 WHERE id_skew_ms < ?1", (skew,))?;
    if let Some(key) = &run.idempotency_key {
        db.execute("INSERT INTO idempotency (key, run) VALUES (?1, ?2)", (key, id))?;
    }
    Ok(())
}
