//! Reading histories.

use kernel_model::event::Recorded;
use kernel_model::id::RunId;
use kernel_ports::store::StoreError;
use kernel_ports::stored;

use crate::column::{int, run_bytes, uint_at};
use crate::fault::Fault;
use crate::statements::Statements;

/// Returns the events after the first `after` ones, `limit` at the most, but at least one.
pub(super) fn read(
    db: &Statements,
    run: RunId,
    after: u64,
    limit: u32,
) -> Result<Vec<Recorded>, Fault> {
    let limit = limit.max(1) as usize;
    let mut found: Vec<Recorded> = Vec::new();
    // An append may begin before `after` and end behind it.
    db.each(
        "SELECT first_seq, n, events FROM run_event
         WHERE run = ?1 AND first_seq >= coalesce(
           (SELECT max(first_seq) FROM run_event WHERE run = ?1 AND first_seq <= ?2), 0)
         ORDER BY first_seq",
        (run_bytes(run), int(after)),
        |row| {
            let (first, n) = (uint_at(row, 0)?, uint_at(row, 1)?);
            if first + n <= after {
                return Ok(true);
            }
            let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            let events = stored::events_read(run, text)?;
            if events.len() as u64 != n {
                let reason = format!("{} events where {n} were appended", events.len());
                return Err(
                    StoreError::Corrupt { what: format!("history of {run}"), reason }.into()
                );
            }
            let known = usize::try_from(after.saturating_sub(first)).unwrap_or(usize::MAX);
            found.extend(events.into_iter().skip(known));
            Ok(found.len() < limit)
        },
    )?;
    found.truncate(limit);
    Ok(found)
}
