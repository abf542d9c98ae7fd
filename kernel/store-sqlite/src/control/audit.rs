//! The chain of what was done.

use async_trait::async_trait;
use kernel_ports::audit::{AuditFilter, AuditRow, AuditSeal, AuditStore};
use kernel_ports::store::StoreError;
use rusqlite::types::Value;

use super::{ControlStore, row};
use crate::column::{int, time, uint_at};
use crate::fault::Fault;
use crate::statements::Statements;

#[async_trait]
impl AuditStore for ControlStore {
    async fn audit_append(
        &self,
        rows: &[AuditRow],
        seal: &AuditSeal,
        checkpoint: bool,
    ) -> Result<(), StoreError> {
        let (rows, seal) = (rows.to_vec(), seal.clone());
        self.database
            .write("record what was done", move |db| {
                for row in &rows {
                    append(db, row)?;
                }
                seal_put(db, &seal, checkpoint)
            })
            .await
    }

    async fn audit_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        let sql = join(row::SEAL, "ORDER BY head_seq DESC LIMIT 1");
        self.database
            .read("read the seal of the audit", move |db| db.first(&sql, [], row::seal))
            .await
    }

    async fn audit_checkpoints(&self) -> Result<Vec<AuditSeal>, StoreError> {
        let sql = join(row::SEAL, "WHERE is_checkpoint ORDER BY head_seq");
        self.database
            .read("read the checkpoints of the audit", move |db| db.all(&sql, [], row::seal))
            .await
    }

    async fn audit_list(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let (sql, params) = select(filter, before, limit);
        self.database
            .read("list what was done", move |db| {
                db.all(&sql, rusqlite::params_from_iter(params), row::audit)
            })
            .await
    }

    async fn audit_read(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let sql = join(row::AUDIT, "WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        self.database
            .read("read what was done", move |db| db.all(&sql, (int(after), limit), row::audit))
            .await
    }

    async fn audit_prune(&self, seal: &AuditSeal) -> Result<(), StoreError> {
        let seal = seal.clone();
        self.database
            .write("remove what was done long ago", move |db| {
                let base = int(seal.base.seq);
                db.execute("DELETE FROM audit WHERE seq <= ?1", (base,))?;
                db.execute("DELETE FROM audit_seal WHERE head_seq <= ?1", (base,))?;
                seal_put(db, &seal, false)
            })
            .await
    }
}

fn join(select: &str, rest: &str) -> String {
    format!("{select} {rest}")
}

fn append(db: &Statements, row: &AuditRow) -> Result<(), Fault> {
    let last = "SELECT max(coalesce((SELECT max(seq) FROM audit), 0),
         coalesce((SELECT max(base_seq) FROM audit_seal), 0))";
    let last = db.first(last, [], |row| uint_at(row, 0))?.unwrap_or_default();
    if row.seq != last + 1 {
        let what = "the audit".to_owned();
        return Err(StoreError::Conflict { what, seen: row.seq - 1, found: last }.into());
    }
    db.execute(
        "INSERT INTO audit (seq, at, actor, address, action, target, outcome, state_before,
         state_after, request, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        (
            int(row.seq),
            time(row.at),
            &row.actor,
            &row.address,
            &row.action,
            &row.target,
            &row.outcome,
            &row.before,
            &row.after,
            &row.request,
            row.hash,
        ),
    )?;
    Ok(())
}

/// Keeps a seal; of those before it only the checkpoints stay.
fn seal_put(db: &Statements, seal: &AuditSeal, is_checkpoint: bool) -> Result<(), Fault> {
    db.execute("DELETE FROM audit_seal WHERE NOT is_checkpoint", [])?;
    db.execute(
        "INSERT INTO audit_seal (head_seq, head_hash, base_seq, base_hash, at, signature,
         is_checkpoint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
         head_hash = excluded.head_hash, base_seq = excluded.base_seq,
         base_hash = excluded.base_hash, at = excluded.at, signature = excluded.signature",
        (
            int(seal.head.seq),
            seal.head.hash,
            int(seal.base.seq),
            seal.base.hash,
            time(seal.at),
            seal.signature,
            is_checkpoint,
        ),
    )?;
    Ok(())
}

fn select(filter: &AuditFilter, before: Option<u64>, limit: u32) -> (String, Vec<Value>) {
    let mut sql = format!("{} WHERE 1", row::AUDIT);
    let mut params: Vec<Value> = Vec::new();
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        params.push(value);
    };
    for (column, text) in [
        ("actor = ?", &filter.actor),
        ("target = ?", &filter.target),
        ("outcome = ?", &filter.outcome),
    ] {
        if !text.is_empty() {
            and(column, Value::from(text.clone()));
        }
    }
    if !filter.action.is_empty() {
        and("substr(action, 1, ?) = ?", Value::from(int(filter.action.chars().count() as u64)));
        params.push(Value::from(filter.action.clone()));
    }
    let ranges = [
        ("at >= ?", filter.since.map(time)),
        ("at < ?", filter.until.map(time)),
        ("seq < ?", before.map(int)),
    ];
    for (condition, value) in ranges {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            params.push(Value::from(value));
        }
    }
    sql.push_str(" ORDER BY seq DESC LIMIT ?");
    params.push(Value::from(i64::from(limit)));
    (sql, params)
}
