//! The double of `kernel`: what is asked is recorded, and answered with what the test has put there.

use super::HostResult;
use crate::error::Error;

/// A call of the API that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: String,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn call(method: &str, path: &str, body: &str) -> HostResult<Response> {
    super::with(|host| {
        let (method, path) = (method.to_owned(), path.to_owned());
        let missing = format!(
            "the test has no answer for {method} {path}; put one into \
             `testing::with(|host| host.api…)`"
        );
        host.asked.push(Asked { method, path, body: body.to_owned() });
        match host.api.pop_front() {
            Some((status, body)) => Ok(Response { status, body }),
            None => Err(Error::unavailable(missing).into()),
        }
    })
}
