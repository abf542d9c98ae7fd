//! Appending to a run: what each step of each run costs, so as few statements as possible.

use kernel_ports::artifact::Artifact;
use kernel_ports::run::{RunAppend, SavedResult};
use kernel_ports::store::StoreError;

use crate::column::{
    IdBytes, boot_id, int, pipeline_id, run_bytes, status_code, time, uint_at, workspace_id,
};
use crate::fact;
use crate::fault::Fault;
use crate::statements::Statements;

struct Found {
    seq: u64,
    status: i64,
    pipeline: IdBytes,
    workspace: IdBytes,
}

/// Appends `append`, whose events are `events` in their stored form. Refuses first, changes then.
pub(super) fn append(db: &Statements, append: &RunAppend, events: &str) -> Result<(), Fault> {
    let id = run_bytes(append.run);
    let found = check(db, append)?;
    let n = append.events.len() as u64;
    // An index is rewritten if its column is set, even to the same value.
    let sql = if found.status == status_code(append.status) {
        "UPDATE run SET seq = ?2, message = ?3, started_at = ?4, ended_at = ?5, wake_at = ?6
         WHERE id = ?1 AND status = ?7"
    } else {
        "UPDATE run SET seq = ?2, message = ?3, started_at = ?4, ended_at = ?5, wake_at = ?6,
                        status = ?7
         WHERE id = ?1"
    };
    db.execute(
        sql,
        (
            id,
            int(append.seen + n),
            append.message.as_deref(),
            append.started_at.map(time),
            append.ended_at.map(time),
            append.wake_at.map(time),
            status_code(append.status),
        ),
    )?;
    if n > 0 {
        db.execute(
            "INSERT INTO run_event (run, first_seq, n, events) VALUES (?1, ?2, ?3, ?4)",
            (id, int(append.seen), int(n), events),
        )?;
    }
    if let Some(state) = &append.language_state {
        db.execute(
            "INSERT INTO run_state (run, state) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET state = excluded.state",
            (id, &**state),
        )?;
    }
    let place = (pipeline_id(found.pipeline), workspace_id(found.workspace));
    fact::set_all(db, place, &append.facts)?;
    append.results.iter().try_for_each(|result| result_put(db, found.workspace, result))?;
    append.artifacts.iter().try_for_each(|artifact| artifact_put(db, id, artifact))
}

/// Refuses who lost the store, and who does not know the newest events.
fn check(db: &Statements, append: &RunAppend) -> Result<Found, Fault> {
    let found = db.first(
        "SELECT run.seq, run.status, run.pipeline, run.workspace, store.boot FROM store
         LEFT JOIN run ON run.id = ?1",
        (run_bytes(append.run),),
        |row| {
            let boot: Option<IdBytes> = row.get(4)?;
            if row.get::<_, Option<i64>>(0)?.is_none() {
                return Ok((boot, None));
            }
            let found = Found {
                seq: uint_at(row, 0)?,
                status: row.get(1)?,
                pipeline: row.get(2)?,
                workspace: row.get(3)?,
            };
            Ok((boot, Some(found)))
        },
    )?;
    let (boot, found) = found.unwrap_or_default();
    if let Some(holder) = boot.map(boot_id).filter(|holder| *holder != append.boot) {
        return Err(StoreError::Fenced { holder: holder.to_string() }.into());
    }
    let what = append.run.to_string();
    match found {
        None => Err(StoreError::NotFound { what }.into()),
        Some(found) if found.seq != append.seen => {
            Err(StoreError::Conflict { what, seen: append.seen, found: found.seq }.into())
        }
        Some(found) => Ok(found),
    }
}

fn result_put(db: &Statements, workspace: IdBytes, result: &SavedResult) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO result (workspace, key, value, run, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET value = excluded.value, run = excluded.run, at = excluded.at
         WHERE excluded.at >= result.at",
        (workspace, &result.key, &result.value, run_bytes(result.run), time(result.at)),
    )?;
    Ok(())
}

fn artifact_put(db: &Statements, run: IdBytes, artifact: &Artifact) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO artifact (run, name, step, size, sha256, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET step = excluded.step, size = excluded.size,
                                   sha256 = excluded.sha256, at = excluded.at",
        (
            run,
            &artifact.name,
            artifact.step.0,
            int(artifact.size),
            &artifact.sha256,
            time(artifact.at),
        ),
    )?;
    Ok(())
}
