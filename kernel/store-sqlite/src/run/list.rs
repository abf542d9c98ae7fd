//! Lists of runs: any filter, any page, in a time that does not depend on how many runs there are.
//!
//! Four indexes, by pipeline, by workspace, by both and by neither, hold runs as (status, kind of
//! trigger, id). There are nine statuses and a handful of kinds. So each pair of them that a filter allows is a range of
//! an index, newest first; the newest of each range are merged, and only the page's rows are read.

use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::{RunFilter, RunRow};
use rusqlite::types::Value;

use super::create::id_ms;
use super::row;
use crate::column::{IdBytes, STATUSES, run_bytes, status_code, time, uint_at};
use crate::fault::Fault;
use crate::statements::Statements;

/// Lists from the newest to the oldest.
pub(super) fn list(db: &Statements, filter: &RunFilter, limit: u32) -> Result<Vec<RunRow>, Fault> {
    let range = Range::new(db, filter)?;
    let is_plain = filter.pipeline.is_none()
        && filter.workspace.is_none()
        && filter.status.is_empty()
        && filter.trigger_kind.is_none();
    let mut found: Vec<IdBytes> = Vec::new();
    if is_plain {
        found = range.ids(db, "run WHERE 1", vec![], limit)?;
    } else {
        let kinds = kinds(db, filter)?;
        for status in statuses(filter) {
            for kind in &kinds {
                let mut params = vec![Value::from(status), Value::from(kind.clone())];
                let names = [
                    filter.pipeline.as_ref().map(Name::as_str),
                    filter.workspace.as_ref().map(WorkspaceName::as_str),
                ];
                params.extend(names.into_iter().flatten().map(|name| Value::from(name.to_owned())));
                let from = match names {
                    [Some(_), Some(_)] => {
                        "run INDEXED BY run_by_both WHERE status = ? AND trigger_kind = ?
                         AND pipeline_name = ? AND workspace_name = ?"
                    }
                    [Some(_), None] => {
                        "run INDEXED BY run_by_pipeline
                         WHERE status = ? AND trigger_kind = ? AND pipeline_name = ?"
                    }
                    [None, Some(_)] => {
                        "run INDEXED BY run_by_workspace
                         WHERE status = ? AND trigger_kind = ? AND workspace_name = ?"
                    }
                    [None, None] => {
                        "run INDEXED BY run_by_status WHERE status = ? AND trigger_kind = ?"
                    }
                };
                found.extend(range.ids(db, from, params, limit)?);
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit as usize);
    }
    rows(db, found)
}

/// Lists the runs that have not ended, oldest first.
pub(super) fn list_open(
    db: &Statements,
    after: Option<RunId>,
    limit: u32,
) -> Result<Vec<RunRow>, Fault> {
    let ids = match after {
        Some(after) => db.all(
            "SELECT id FROM run INDEXED BY run_open WHERE status < 3 AND id > ?1
             ORDER BY id LIMIT ?2",
            (run_bytes(after), limit),
            |row| Ok(row.get(0)?),
        )?,
        None => db.all(
            "SELECT id FROM run INDEXED BY run_open WHERE status < 3 ORDER BY id LIMIT ?1",
            (limit,),
            |row| Ok(row.get(0)?),
        )?,
    };
    rows(db, ids)
}

fn rows(db: &Statements, ids: Vec<IdBytes>) -> Result<Vec<RunRow>, Fault> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(row::get(db, id)?);
    }
    Ok(rows)
}

fn statuses(filter: &RunFilter) -> Vec<i64> {
    if filter.status.is_empty() {
        return (0..STATUSES).collect();
    }
    let mut codes: Vec<i64> = filter.status.iter().map(|status| status_code(*status)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn kinds(db: &Statements, filter: &RunFilter) -> Result<Vec<String>, Fault> {
    match &filter.trigger_kind {
        Some(kind) => Ok(vec![kind.clone()]),
        None => db.all("SELECT word FROM trigger_kind", [], |row| Ok(row.get(0)?)),
    }
}

/// Between which ids, and created when.
struct Range {
    from: IdBytes,
    /// Not itself.
    before: Option<IdBytes>,
    created: Option<(i64, i64)>,
}

impl Range {
    fn new(db: &Statements, filter: &RunFilter) -> Result<Self, Fault> {
        let before = filter.before.map(run_bytes);
        let (since, until) = (filter.created_since, filter.created_until);
        if since.is_none() && until.is_none() {
            return Ok(Self { from: [0; 16], before, created: None });
        }
        let skew = db.first("SELECT id_skew_ms FROM store", [], |row| uint_at(row, 0))?;
        let skew = skew.unwrap_or(u64::MAX);
        let from = since.map_or(0, |since| since.0.saturating_sub(skew));
        // The first millisecond that is too late, if ids reach that far.
        let end = until.map(|until| until.0.saturating_add(skew).saturating_add(1));
        let end = end.filter(|end| *end <= id_ms(RunId(u128::MAX))).map(first_id);
        let before = match (before, end) {
            (Some(before), Some(end)) => Some(before.min(end)),
            (before, end) => before.or(end),
        };
        let created = (since.map_or(0, time), until.map_or(i64::MAX, time));
        Ok(Self { from: first_id(from), before, created: Some(created) })
    }

    /// Returns the newest ids of `from`, a table and its conditions.
    fn ids(
        &self,
        db: &Statements,
        from: &str,
        mut params: Vec<Value>,
        limit: u32,
    ) -> Result<Vec<IdBytes>, Fault> {
        let mut sql = format!("SELECT id FROM {from} AND id >= ?");
        params.push(Value::from(self.from.to_vec()));
        if let Some(before) = self.before {
            sql.push_str(" AND id < ?");
            params.push(Value::from(before.to_vec()));
        }
        if let Some((since, until)) = self.created {
            sql.push_str(" AND created_at >= ? AND created_at <= ?");
            params.extend([Value::from(since), Value::from(until)]);
        }
        sql.push_str(" ORDER BY id DESC LIMIT ?");
        params.push(Value::from(limit));
        db.all(&sql, rusqlite::params_from_iter(params), |row| Ok(row.get(0)?))
    }
}

/// Returns the smallest id of a millisecond.
fn first_id(ms: u64) -> IdBytes {
    (u128::from(ms.min(id_ms(RunId(u128::MAX)))) << 80).to_be_bytes()
}
