//! A run without its history, as a row.

use kernel_ports::run::RunRow;
use rusqlite::Row;

use crate::column::{
    IdBytes, name_at, pipeline_id, run_id, status_at, time_at, time_opt_at, u32_at, uint_at,
    workspace_id, workspace_name_at,
};
use crate::fault::Fault;
use crate::statements::Statements;

/// Returns the run of that id.
pub(super) fn get(db: &Statements, run: IdBytes) -> Result<Option<RunRow>, Fault> {
    db.first(
        "SELECT r.id, r.pipeline, r.pipeline_name, r.version, r.number, r.status, i.trigger,
                r.trigger_kind, i.input, r.origin, r.message, r.created_at, r.started_at,
                r.ended_at, r.wake_at, r.seq, r.workspace, r.workspace_name
         FROM run r JOIN run_input i ON i.run = r.id WHERE r.id = ?1",
        (run,),
        row_of,
    )
}

fn row_of(row: &Row<'_>) -> Result<RunRow, Fault> {
    Ok(RunRow {
        id: run_id(row.get(0)?),
        pipeline: pipeline_id(row.get(1)?),
        pipeline_name: name_at(row, 2)?,
        version: u32_at(row, 3)?,
        workspace: workspace_id(row.get(16)?),
        workspace_name: workspace_name_at(row, 17)?,
        number: uint_at(row, 4)?,
        status: status_at(row, 5)?,
        trigger: row.get(6)?,
        trigger_kind: row.get(7)?,
        input: row.get(8)?,
        origin: row.get::<_, Option<IdBytes>>(9)?.map(run_id),
        message: row.get(10)?,
        created_at: time_at(row, 11)?,
        started_at: time_opt_at(row, 12)?,
        ended_at: time_opt_at(row, 13)?,
        wake_at: time_opt_at(row, 14)?,
        seq: uint_at(row, 15)?,
    })
}
