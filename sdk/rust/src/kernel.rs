//! The server's own HTTP API, called in process for who asked for the run.
//!
//! Granted by method and path, such as `GET /api/v1/runs/*`; what that person or token may do is
//! checked too. At most 32 calls a call.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::kernel as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::kernel as host;

/// What the API answered. A refusal is an answer too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// Calls the API. `path` begins with `/api/v1/`; `body` is JSON or empty.
pub fn call(method: &str, path: &str, body: &str) -> Result<Response> {
    let response = host::call(method, path, body)?;
    Ok(Response { status: response.status, body: response.body })
}

/// Reads something.
pub fn get<T: DeserializeOwned>(path: &str) -> Result<T> {
    call("GET", path, "")?.json()
}

/// Does something, and returns what came of it.
pub fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T> {
    let body = serde_json::to_string(body)
        .map_err(|err| Error::internal(format!("failed to write the body for {path}: {err}")))?;
    call("POST", path, &body)?.json()
}

impl Response {
    /// Reads the answer, or makes an error of a refusal.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.status >= 400 {
            let code = if matches!(self.status, 401 | 403) { "denied" } else { "unavailable" };
            let message = format!("the server answered {}: {}", self.status, self.body);
            return Err(Error::new(code, message));
        }
        serde_json::from_str(&self.body).map_err(|err| {
            Error::internal(format!("the server's answer is not as expected: {err}"))
        })
    }
}
