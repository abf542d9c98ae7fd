//! Between the step machines of the contract and the typed ones of this crate.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::imports::tenon::plugin::{machine, types};
use crate::error::{Error, Result, millis};
use crate::event::Event;
use crate::step::Step;

/// What the kernel keeps of a step machine between two calls (`machine.step.state`).
const STATE_BYTES_MAX: usize = 256 * 1024;

/// Reads an argument that is JSON.
pub(crate) fn argument<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|err| Error::invalid(format!("failed to read the {what}: {err}")))
}

/// Reads back a state that this plugin wrote.
pub(crate) fn state<S: DeserializeOwned>(bytes: &[u8]) -> Result<S> {
    serde_json::from_slice(bytes).map_err(|err| {
        Error::internal(format!(
            "failed to read back the state of the step, which another version of the plugin may \
             have written: {err}"
        ))
    })
}

/// Writes an answer in the words of the contract.
pub(crate) fn answer<S: Serialize>(
    step: Result<Step<S>>,
) -> std::result::Result<machine::Step, types::Error> {
    written(step).map_err(types::Error::from)
}

/// Tells a machine what happened, unless that is of a kind that it cannot know.
pub(crate) fn resume<S: Serialize + DeserializeOwned>(
    bytes: Vec<u8>,
    event: &machine::Event,
    decide: impl FnOnce(S, Event) -> Result<Step<S>>,
) -> std::result::Result<machine::Step, types::Error> {
    match Event::read(event)? {
        Some(event) => answer(state(&bytes).and_then(|state| decide(state, event))),
        None => Ok(machine::Step { done: None, state: bytes, wake_after_ms: None }),
    }
}

/// The functions that the step machines of all kinds share, for an `impl<T: …> Guest`.
macro_rules! ends {
    () => {
        fn resume(state: Vec<u8>, event: wit::Event) -> Result<wit::Step, types::Error> {
            machine::resume(state, &event, T::resume)
        }

        fn cancel(state: Vec<u8>, grace_ms: u64) -> Result<wit::Step, types::Error> {
            let grace = Duration::from_millis(grace_ms);
            machine::answer(machine::state(&state).and_then(|state| T::cancel(state, grace)))
        }
    };
}
pub(crate) use ends;

fn written<S: Serialize>(step: Result<Step<S>>) -> Result<machine::Step> {
    match step? {
        Step::Done(outcome) => {
            let done = serde_json::to_string(&outcome)
                .map_err(|err| Error::internal(format!("failed to write the outcome: {err}")))?;
            Ok(machine::Step { done: Some(done), state: Vec::new(), wake_after_ms: None })
        }
        Step::Wait { state, wake_after } => {
            let state = serde_json::to_vec(&state)
                .map_err(|err| Error::internal(format!("failed to write the state: {err}")))?;
            if state.len() > STATE_BYTES_MAX {
                return Err(Error::limit(format!(
                    "the state of the step is {} bytes and may be {STATE_BYTES_MAX}; keep what is \
                     large in a volume",
                    state.len()
                )));
            }
            Ok(machine::Step { done: None, state, wake_after_ms: wake_after.map(millis) })
        }
    }
}

#[cfg(test)]
mod tests;
