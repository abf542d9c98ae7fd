//! Connections to the outside for protocols other than HTTP. Granted as `host:port`; the resolved
//! address is checked too.
//!
//! At most 4 a call, and 16 MiB each way; each ends with the call.

use crate::error::{Error, Result};

#[cfg(target_family = "wasm")]
use crate::bindings::imports::tenon::plugin::tcp as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::tcp as host;

/// What one read may carry (`tcp.connection.read`).
const READ_BYTES_MAX: u32 = 64 * 1024;
/// What one write may carry (`tcp.connection.write`).
const WRITE_BYTES_MAX: usize = 1024 * 1024;

/// An open connection.
#[derive(Debug)]
pub struct Connection(host::Connection);

/// Connects without encryption.
pub fn connect(host: &str, port: u16) -> Result<Connection> {
    Ok(Connection(host::connect(host, port, false)?))
}

/// Connects by TLS: the server must show a certificate for `host` that the server of this plugin
/// trusts.
pub fn connect_tls(host: &str, port: u16) -> Result<Connection> {
    Ok(Connection(host::connect(host, port, true)?))
}

impl Connection {
    /// Waits for bytes, as many as there are. An empty list is the end.
    pub fn read(&self) -> Result<Vec<u8>> {
        Ok(self.0.read(READ_BYTES_MAX)?)
    }

    /// Waits for exactly so many bytes; the end before that is an error.
    pub fn read_exact(&self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let left = u32::try_from(length - bytes.len()).unwrap_or(u32::MAX);
            let part = self.0.read(left.min(READ_BYTES_MAX))?;
            if part.is_empty() {
                let found = bytes.len();
                return Err(Error::unavailable(format!(
                    "the connection ended after {found} of {length} bytes"
                )));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    /// Writes all bytes, in as many pieces as it takes.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.chunks(WRITE_BYTES_MAX) {
            self.0.write(piece)?;
        }
        Ok(())
    }
}
