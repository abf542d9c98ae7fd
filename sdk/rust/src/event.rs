//! What happened since a step machine was last called.

use wit_envelope::machine::{Error as Refusal, ProcessEnded};

use crate::bindings::imports::tenon::plugin::machine;
use crate::error::{Error, Result};

/// What happened since the last call.
///
/// Kinds that this version of the SDK does not know never reach a plugin; it answers them with the
/// state unchanged, as the contract asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A process ended, by itself or by a signal.
    ProcessEnded {
        /// As it was named at its start.
        handle: String,
        /// How it ended, and what was captured of its output.
        ended: ProcessEnded,
    },
    /// A process could not be started, or was not allowed to.
    ProcessRefused {
        /// As it was named at its start.
        handle: String,
        /// Why, by the kernel.
        error: Refusal,
    },
    /// The time that the last step asked for has passed.
    Wake,
    /// The kernel was started anew, and the processes of the attempt are gone.
    Restarted,
}

impl Event {
    /// Reads an event of the contract; `None` for a kind that is not known here.
    pub(crate) fn read(event: &machine::Event) -> Result<Option<Self>> {
        let handle = || event.handle.clone().unwrap_or_default();
        Ok(Some(match event.kind.as_str() {
            "process-ended" => Self::ProcessEnded { handle: handle(), ended: data(event)? },
            "process-refused" => Self::ProcessRefused { handle: handle(), error: data(event)? },
            "wake" => Self::Wake,
            "restarted" => Self::Restarted,
            _ => return Ok(None),
        }))
    }
}

fn data<T: serde::de::DeserializeOwned>(event: &machine::Event) -> Result<T> {
    serde_json::from_str(&event.data).map_err(|err| {
        Error::internal(format!("failed to read the data of a {} event: {err}", event.kind))
    })
}
