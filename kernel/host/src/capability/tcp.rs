//! `tcp`: connections to granted hosts and ports.

use std::fmt;

use kernel_ports::egress::EgressError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::tcp::{Host, HostConnection};
use crate::bindings::types::Error;
use crate::call::{CallState, error};
use crate::dial::{DialError, Instead, Stream};
use crate::wish::quoted;

const CONNECTIONS: u32 = 4;
/// Of the longest name in DNS, and of any address.
const HOST_BYTES: usize = 255;
/// At once.
const PIECE_BYTES: usize = 1024 * 1024;
/// Of a call, each way.
const CALL_BYTES: usize = 16 * 1024 * 1024;
/// What is read at once is held twice for a moment, so it is no more than this.
const BUFFER_BYTES: usize = 64 * 1024;

/// An open connection. It ends with the call.
pub struct Connection(Box<dyn Stream>);

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// What a call has moved over all of its connections.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    connections: u32,
    read: usize,
    written: usize,
}

impl Host for CallState {
    async fn connect(
        &mut self,
        host: String,
        port: u16,
        tls: bool,
    ) -> Result<Result<Resource<Connection>, Error>> {
        Ok(match self.dial(&host, port, tls).await {
            Ok(stream) => Ok(self.table.push(Connection(stream))?),
            Err(err) => Err(err),
        })
    }
}

impl HostConnection for CallState {
    async fn read(
        &mut self,
        connection: Resource<Connection>,
        max: u32,
    ) -> Result<Result<Vec<u8>, Error>> {
        let left = CALL_BYTES - self.moved.read;
        if left == 0 {
            return Ok(Err(too_much("read")));
        }
        let stream = &mut self.table.get_mut(&connection)?.0;
        let mut bytes = vec![0; (max as usize).clamp(1, BUFFER_BYTES).min(left)];
        // The deadline of the call needs no care: it ends the call, and the connection with it.
        match stream.read(&mut bytes).await {
            Ok(length) => {
                bytes.truncate(length);
                self.moved.read += length;
                Ok(Ok(bytes))
            }
            Err(err) => Ok(Err(error("unavailable", format!("the connection broke: {err}")))),
        }
    }

    async fn write(
        &mut self,
        connection: Resource<Connection>,
        bytes: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        if bytes.len() > PIECE_BYTES {
            let message = format!("at most {PIECE_BYTES} bytes can be written at once");
            return Ok(Err(error("limit", message)));
        }
        if bytes.len() > CALL_BYTES - self.moved.written {
            return Ok(Err(too_much("write")));
        }
        self.moved.written += bytes.len();
        let stream = &mut self.table.get_mut(&connection)?.0;
        let written = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        let written = written.await;
        Ok(written.map_err(|err| error("unavailable", format!("the connection broke: {err}"))))
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl CallState {
    async fn dial(&mut self, host: &str, port: u16, tls: bool) -> Result<Box<dyn Stream>, Error> {
        // Counted whether it works or not: trying is what costs others.
        self.moved.connections += 1;
        if self.moved.connections > CONNECTIONS {
            let message = format!("one call can open at most {CONNECTIONS} connections");
            return Err(error("limit", message));
        }
        if host.len() > HOST_BYTES {
            return Err(error("invalid", format!("a host has at most {HOST_BYTES} bytes")));
        }
        let place = place(host, port);
        let Some(grant) = self.plugin.grants.allows_address(&place) else {
            return Err(self.deny("tcp", Some(&place)));
        };
        if let Some(outside) = &self.services.outside {
            let dialled = outside.dial(&place, tls).await;
            return dialled.map(|wire| Box::new(Instead(wire)) as _).map_err(|err| {
                let code = match err {
                    EgressError::Unavailable { .. } => "unavailable",
                    EgressError::Timeout { .. } => "timeout",
                };
                error(code, err.to_string())
            });
        }
        let dialled = self.services.egress.dial(host, port, tls, grant.explicit).await;
        dialled.map_err(|err| match err {
            DialError::Denied(reason) => {
                let plugin = &self.plugin.name;
                let rule = quoted(&format!("tcp:{place}"));
                let way_out = format!("{reason}: `tenon plugin grant {plugin} {rule}`");
                self.deny_because(format!("tcp:{place}"), way_out)
            }
            DialError::Timeout { .. } => error("timeout", err.to_string()),
            DialError::Unavailable { .. } | DialError::Tls { .. } => {
                error("unavailable", err.to_string())
            }
        })
    }
}

fn too_much(what: &str) -> Error {
    error("limit", format!("one call can {what} at most {CALL_BYTES} bytes"))
}

/// Returns how grants name the place.
fn place(host: &str, port: u16) -> String {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_is_named_as_grants_name_it() {
        assert_eq!(place("DB.internal", 5432), "db.internal:5432");
        assert_eq!(place("::1", 25), "[::1]:25");
        assert_eq!(place("[::1]", 25), "[::1]:25");
    }
}
