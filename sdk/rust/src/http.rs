//! HTTP to the outside. Granted by method and host; the resolved address is checked too.
//!
//! At most 8 requests a call, 64 KiB of headers, 8 MiB of body in either direction.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result, millis};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::http as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::http as host;

/// What one read may carry (`http.response.read`).
const READ_BYTES_MAX: u32 = 1024 * 1024;

/// A request to be sent.
#[derive(Debug)]
pub struct Request {
    request: host::Request,
    url: String,
}

/// The head of an answer, and the way to its body.
#[derive(Debug)]
pub struct Response {
    response: host::Response,
    url: String,
}

impl Request {
    /// A request with any method.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        Self { request: host::Request::new(method, url), url: url.to_owned() }
    }

    /// A GET request.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// A POST request.
    #[must_use]
    pub fn post(url: &str) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header. The value may hold secret references.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.request.header(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(self, bytes: impl AsRef<[u8]>) -> Self {
        self.request.body(bytes.as_ref());
        self
    }

    /// Sets the body to JSON, and says so in a header.
    pub fn json(self, value: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|err| {
            Error::internal(format!("failed to write the request to {}: {err}", self.url))
        })?;
        Ok(self.header("content-type", "application/json").body(bytes))
    }

    /// Sets how long the request may take; 30 s unless set.
    #[must_use]
    pub fn timeout(self, time: Duration) -> Self {
        self.request.timeout_ms(millis(time));
        self
    }

    /// Sends the request and waits for the head of the response. Redirects are not followed.
    pub fn send(self) -> Result<Response> {
        Ok(Response { response: host::send(self.request)?, url: self.url })
    }
}

impl Response {
    /// Returns the status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// Returns all headers in the order of their arrival.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, String)> {
        self.response.headers()
    }

    /// Returns the first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers().into_iter();
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Reads the next part of the body. An empty one is the end.
    pub fn read(&self) -> Result<Vec<u8>> {
        Ok(self.response.read(READ_BYTES_MAX)?)
    }

    /// Reads the rest of the body.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let part = self.read()?;
            if part.is_empty() {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&part);
        }
    }

    /// Reads the rest of the body as text; invalid UTF-8 is replaced.
    pub fn text(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }

    /// Reads the rest of the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes()?).map_err(|err| {
            Error::unavailable(format!("{} did not answer with the expected JSON: {err}", self.url))
        })
    }
}
