//! The double of `tcp`: what is written is recorded, and what is read was put there by the test.

use std::cell::RefCell;

use super::HostResult;
use crate::error::Error;

/// A connection that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Dialled {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub written: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Connection {
    /// Where it is among those that were made.
    number: usize,
    rest: RefCell<Vec<u8>>,
}

pub(crate) fn connect(name: &str, port: u16, tls: bool) -> HostResult<Connection> {
    super::with(|host| {
        let Some(answer) = host.streams.pop_front() else {
            return Err(Error::unavailable(format!(
                "the test has no stream for {name}:{port}; put one into \
                 `testing::with(|host| host.streams…)`"
            ))
            .into());
        };
        let written = Vec::new();
        host.dialled.push(Dialled { host: name.to_owned(), port, tls, written });
        Ok(Connection { number: host.dialled.len() - 1, rest: RefCell::new(answer) })
    })
}

impl Connection {
    pub(crate) fn read(&self, max: u32) -> HostResult<Vec<u8>> {
        let mut rest = self.rest.borrow_mut();
        let length = rest.len().min(max as usize);
        Ok(rest.drain(..length).collect())
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> HostResult<()> {
        super::with(|host| {
            if let Some(dialled) = host.dialled.get_mut(self.number) {
                dialled.written.extend_from_slice(bytes);
            }
        });
        Ok(())
    }
}
