//! Between the JSON of the kinds that answer at once and the types of this crate.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::imports::tenon::plugin::types;
use crate::error::{Error, Result};
use crate::machine::argument;

/// Reads the request, has it answered, and writes the answer.
pub(crate) fn answer<Q: DeserializeOwned, A: Serialize>(
    request: &str,
    give: impl FnOnce(Q) -> Result<A>,
) -> Result<String, types::Error> {
    Ok(argument("request", request).and_then(give).and_then(|answer| written(&answer))?)
}

/// The answer that says no more than that it is done.
#[derive(Debug, Serialize)]
pub(crate) struct Done {}

/// Returns an answer as JSON.
pub(crate) fn written(answer: &impl Serialize) -> Result<String> {
    serde_json::to_string(answer)
        .map_err(|err| Error::internal(format!("failed to write the answer: {err}")))
}
