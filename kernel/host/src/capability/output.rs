//! `output`: the log of the step in progress.

use bytes::Bytes;
use kernel_ports::log::LogStream;
use wasmtime::Result;

use crate::bindings::output::Host;
use crate::call::CallState;
use crate::fault::Stop;

/// At once; the limit for the whole call is a setting.
const APPEND_BYTES: usize = 1024 * 1024;

impl Host for CallState {
    async fn stdout(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.append(LogStream::Stdout, bytes).await
    }

    async fn stderr(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.append(LogStream::Stderr, bytes).await
    }
}

impl CallState {
    async fn append(&mut self, stream: LogStream, bytes: Vec<u8>) -> Result<()> {
        if bytes.len() > APPEND_BYTES {
            let message = format!("it printed more than {APPEND_BYTES} bytes at once");
            return Err(Stop::limit(message).into());
        }
        let limit = self.services.limits.output_bytes;
        self.output_bytes += bytes.len();
        if self.output_bytes > limit {
            let message = format!("it printed more than {limit} bytes in one call");
            return Err(Stop::limit(message).into());
        }
        // Outside of a step nobody reads it.
        let Some(log) = &self.facts.log else { return Ok(()) };
        if !bytes.is_empty() {
            log.append(stream, Bytes::from(bytes)).await.map_err(|err| Stop::host(&err))?;
        }
        Ok(())
    }
}
