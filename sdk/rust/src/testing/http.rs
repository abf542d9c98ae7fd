//! The double of `http`: what is sent is recorded, and answered with what the test has put there.

use std::cell::RefCell;

use super::HostResult;
use crate::error::Error;

/// A request that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Sent {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// An answer that the test has put there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Canned {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Canned {
    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }
}

#[derive(Debug)]
pub(crate) struct Request(RefCell<Sent>);

#[derive(Debug)]
pub(crate) struct Response {
    head: Canned,
    read: RefCell<usize>,
}

impl Request {
    pub(crate) fn new(method: &str, url: &str) -> Self {
        let (method, url) = (method.to_owned(), url.to_owned());
        Self(RefCell::new(Sent { method, url, ..Sent::default() }))
    }

    pub(crate) fn header(&self, name: &str, value: &str) {
        self.0.borrow_mut().headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn body(&self, bytes: &[u8]) {
        self.0.borrow_mut().body = bytes.to_vec();
    }

    pub(crate) fn timeout_ms(&self, _ms: u64) {}
}

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.head.status
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.head.headers.clone()
    }

    pub(crate) fn read(&self, max: u32) -> HostResult<Vec<u8>> {
        let mut read = self.read.borrow_mut();
        let rest = &self.head.body[*read..];
        let part = rest[..rest.len().min(max as usize)].to_vec();
        *read += part.len();
        Ok(part)
    }
}

pub(crate) fn send(request: Request) -> HostResult<Response> {
    let sent = request.0.into_inner();
    let url = sent.url.clone();
    let canned = super::with(|host| {
        host.sent.push(sent);
        host.answers.pop_front()
    });
    match canned {
        Some(head) => Ok(Response { head, read: RefCell::new(0) }),
        None => Err(Error::unavailable(format!(
            "the test has no answer for {url}; put one into `testing::with(|host| host.answers…)`"
        ))
        .into()),
    }
}
