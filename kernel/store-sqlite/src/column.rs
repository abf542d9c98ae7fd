//! Values of the model as columns, and back.

use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::RunStatus;
use kernel_ports::store::StoreError;
use rusqlite::Row;

use crate::fault::Fault;

/// How many statuses there are; those below [`ENDED`] are of runs that have not ended.
pub(crate) const STATUSES: i64 = 9;
const ENDED: i64 = 3;

/// An id as bytes, in whose order the ids are.
pub(crate) type IdBytes = [u8; 16];

pub(crate) fn run_bytes(run: RunId) -> IdBytes {
    run.0.to_be_bytes()
}

pub(crate) fn pipeline_bytes(pipeline: PipelineId) -> IdBytes {
    pipeline.0.to_be_bytes()
}

pub(crate) fn boot_bytes(boot: BootId) -> IdBytes {
    boot.0.to_be_bytes()
}

pub(crate) fn workspace_bytes(workspace: WorkspaceId) -> IdBytes {
    workspace.0.to_be_bytes()
}

pub(crate) fn workspace_id(bytes: IdBytes) -> WorkspaceId {
    WorkspaceId(u128::from_be_bytes(bytes))
}

pub(crate) fn run_id(bytes: IdBytes) -> RunId {
    RunId(u128::from_be_bytes(bytes))
}

pub(crate) fn pipeline_id(bytes: IdBytes) -> PipelineId {
    PipelineId(u128::from_be_bytes(bytes))
}

pub(crate) fn boot_id(bytes: IdBytes) -> BootId {
    BootId(u128::from_be_bytes(bytes))
}

/// SQLite's integers have a sign; what is beyond them is "never" or "no limit" anyway.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn uint(value: i64) -> u64 {
    // The largest one stands for all that did not fit.
    if value == i64::MAX { u64::MAX } else { u64::try_from(value).unwrap_or(0) }
}

pub(crate) fn time(at: Time) -> i64 {
    int(at.0)
}

/// Reads an unsigned column.
pub(crate) fn uint_at(row: &Row<'_>, index: usize) -> Result<u64, Fault> {
    Ok(uint(row.get(index)?))
}

pub(crate) fn time_at(row: &Row<'_>, index: usize) -> Result<Time, Fault> {
    Ok(Time(uint_at(row, index)?))
}

pub(crate) fn time_opt_at(row: &Row<'_>, index: usize) -> Result<Option<Time>, Fault> {
    Ok(row.get::<_, Option<i64>>(index)?.map(|value| Time(uint(value))))
}

/// Reads a column that holds 32 bits at the most.
pub(crate) fn u32_at(row: &Row<'_>, index: usize) -> Result<u32, Fault> {
    Ok(row.get(index)?)
}

pub(crate) fn name_at(row: &Row<'_>, index: usize) -> Result<Name, Fault> {
    let text = row.get_ref(index)?.as_str().map_err(rusqlite::Error::from)?;
    Name::new(text).map_err(|err| corrupt("name", &err))
}

pub(crate) fn workspace_name_at(row: &Row<'_>, index: usize) -> Result<WorkspaceName, Fault> {
    let text = row.get_ref(index)?.as_str().map_err(rusqlite::Error::from)?;
    WorkspaceName::new(text).map_err(|err| corrupt("name of a workspace", &err))
}

pub(crate) fn status_code(status: RunStatus) -> i64 {
    match status {
        RunStatus::Queued => 0,
        RunStatus::Running => 1,
        RunStatus::Waiting => 2,
        RunStatus::Ended(Outcome::Succeeded) => ENDED,
        RunStatus::Ended(Outcome::Failed) => 4,
        RunStatus::Ended(Outcome::Errored) => 5,
        RunStatus::Ended(Outcome::TimedOut) => 6,
        RunStatus::Ended(Outcome::Cancelled) => 7,
        RunStatus::Ended(Outcome::Skipped) => 8,
    }
}

pub(crate) fn status_at(row: &Row<'_>, index: usize) -> Result<RunStatus, Fault> {
    Ok(match row.get(index)? {
        0 => RunStatus::Queued,
        1 => RunStatus::Running,
        2 => RunStatus::Waiting,
        ENDED => RunStatus::Ended(Outcome::Succeeded),
        4 => RunStatus::Ended(Outcome::Failed),
        5 => RunStatus::Ended(Outcome::Errored),
        6 => RunStatus::Ended(Outcome::TimedOut),
        7 => RunStatus::Ended(Outcome::Cancelled),
        8 => RunStatus::Ended(Outcome::Skipped),
        code => return Err(corrupt("status of a run", &format!("{code} is none"))),
    })
}

pub(crate) fn corrupt(what: &str, reason: &dyn std::fmt::Display) -> Fault {
    StoreError::Corrupt { what: what.to_owned(), reason: reason.to_string() }.into()
}

#[cfg(test)]
mod tests;
