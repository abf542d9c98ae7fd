//! The double of `http`: nothing is sent, and each request is refused with a way out.

use super::HostResult;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Request {
    url: String,
}

/// There is none: no request is answered.
#[derive(Debug)]
pub(crate) enum Response {}

impl Request {
    pub(crate) fn new(_method: &str, url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    pub(crate) fn header(&self, _name: &str, _value: &str) {}

    pub(crate) fn body(&self, _bytes: &[u8]) {}

    pub(crate) fn timeout_ms(&self, _ms: u64) {}
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        match *self {}
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        match *self {}
    }

    pub(crate) fn read(&self, _max: u32) -> HostResult<Vec<u8>> {
        match *self {}
    }
}

pub(crate) fn send(request: Request) -> HostResult<Response> {
    Err(Error::unsupported(format!(
        "{} is not asked outside of a server; test what builds the request and what reads the answer",
        request.url
    ))
    .into())
}
