//! What steps print (server-sent events of `/runs/{run}/logs`).
//!
//! Chunks of all attempts come merged by time. The SSE id of a chunk is opaque: sent back as
//! `Last-Event-ID`, the stream goes on behind that chunk. After the last one comes the SSE event
//! [`crate::event::END`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// The name of the SSE event that carries a [`LogChunk`].
pub const LOG: &str = "log";
/// The header with the offset to read on from, of `/runs/{run}/steps/{step}/log`.
pub const NEXT_HEADER: &str = "tenon-log-next";
/// The header that says whether the log is complete (`true` or `false`).
pub const ENDED_HEADER: &str = "tenon-log-ended";

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// The server, about the step.
    Note,
}

/// A piece of the log of an attempt. It need not begin or end at a line's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogChunk {
    pub step: u32,
    pub attempt: u32,
    /// The step's path.
    pub path: String,
    pub stream: LogStream,
    pub at: Timestamp,
    /// Bytes that are not UTF-8 are replaced; a character is never cut in two.
    pub text: String,
    /// Where the piece starts, in bytes of the attempt's log.
    pub offset: u64,
    /// How many bytes before it were dropped by the size cap.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped_bytes: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
