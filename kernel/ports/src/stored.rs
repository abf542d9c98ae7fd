//! The stored form of events: JSON text that people can read and later versions understand.
//!
//! A list of events is `[[at, event], …]`, an event a word or `{word: {fields}}`:
//! `[[1700000000000,"started"],[1700000000004,{"timer-set":{"name":"nap","due":1700000009000}}]]`.
//!
//! Invariants:
//! - What was written once can be read for ever: a word or field is never given another meaning; a
//!   new field has a default.
//! - The model stays free of serde: the twins of its types are private to this module.

mod attempt;
mod event;
#[cfg(test)]
mod tests;

use kernel_model::event::Recorded;
use kernel_model::id::RunId;
use kernel_model::time::Time;

use self::event::StoredEvent;
use crate::store::StoreError;

/// Returns the stored form of events.
pub fn events_write(events: &[Recorded]) -> Result<String, StoreError> {
    let twins: Vec<(u64, StoredEvent<'_>)> =
        events.iter().map(|recorded| (recorded.at.0, (&recorded.event).into())).collect();
    serde_json::to_string(&twins).map_err(|err| StoreError::Io {
        action: "write events as JSON".to_owned(),
        err: err.into(),
    })
}

/// Reads events of `run` back.
pub fn events_read(run: RunId, text: &str) -> Result<Vec<Recorded>, StoreError> {
    let corrupt =
        |reason: String| StoreError::Corrupt { what: format!("history of {run}"), reason };
    let twins: Vec<(u64, StoredEvent<'_>)> = serde_json::from_str(text).map_err(|err| {
        corrupt(format!("it holds what this version of Tenon does not know ({err})"))
    })?;
    twins
        .into_iter()
        .map(|(at, twin)| Ok(Recorded { at: Time(at), event: twin.try_into()? }))
        .collect::<Result<_, String>>()
        .map_err(corrupt)
}
