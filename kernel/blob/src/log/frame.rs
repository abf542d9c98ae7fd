//! The stored form of a piece of a log.
//!
//! A header of 24 bytes, little-endian: mark, length, offset, then stream (8 bits) and time
//! (56 bits). The offsets continue each other, so that a torn or foreign frame shows.

use bytes::Bytes;
use kernel_model::time::Time;
use kernel_ports::log::{LogChunk, LogStream};

const MARK: u32 = u32::from_le_bytes(*b"TNL1");
const HEADER_BYTES: usize = 24;
const TIME_BITS: u32 = 56;
/// A longer piece becomes several frames, so that a reader need not take much to get a little.
const PAYLOAD_BYTES_MAX: usize = 256 << 10;

/// Appends a piece of a log to `out`.
pub(crate) fn encode(
    out: &mut Vec<u8>,
    mut offset: u64,
    at: Time,
    stream: LogStream,
    bytes: &[u8],
) {
    let stream = match stream {
        LogStream::Stdout => 0_u64,
        LogStream::Stderr => 1,
        LogStream::Note => 2,
    };
    let what = (stream << TIME_BITS) | (at.0 & ((1 << TIME_BITS) - 1));
    for payload in bytes.chunks(PAYLOAD_BYTES_MAX) {
        let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        out.reserve(HEADER_BYTES + payload.len());
        out.extend_from_slice(&MARK.to_le_bytes());
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&what.to_le_bytes());
        out.extend_from_slice(payload);
        offset += u64::from(len);
    }
}

/// Returns the length of the first frame, header and all.
pub(crate) fn len(bytes: &[u8]) -> Option<usize> {
    let header = bytes.get(..HEADER_BYTES)?;
    let number = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).ok();
    let payload = usize::try_from(number(4)?).ok()?;
    let fits = number(0)? == MARK && payload <= PAYLOAD_BYTES_MAX && payload > 0;
    (fits && bytes.len() >= HEADER_BYTES + payload).then_some(HEADER_BYTES + payload)
}

/// Returns how many bytes of the log are in a frame of the length `len`.
pub(crate) fn payload(len: usize) -> u64 {
    (len - HEADER_BYTES) as u64
}

/// Returns how many bytes of the log are in all of `frames`.
pub(crate) fn payloads(mut frames: &[u8]) -> u64 {
    let mut sum = 0;
    while let Some(len) = len(frames) {
        sum += payload(len);
        frames = &frames[len..];
    }
    sum
}

/// Reads frames until their end, or until one is torn.
#[derive(Debug)]
pub(crate) struct Frames {
    bytes: Bytes,
    position: usize,
    /// Where the next one must start in the log.
    next: u64,
}

impl Frames {
    /// Reads a segment that starts at `start` in the log.
    pub(crate) fn new(bytes: Bytes, start: u64) -> Self {
        Self { bytes, position: 0, next: start }
    }

    /// Returns how many bytes of the file make sense so far.
    pub(crate) fn position(&self) -> usize {
        self.position
    }
}

impl Iterator for Frames {
    type Item = LogChunk;

    fn next(&mut self) -> Option<LogChunk> {
        let rest = &self.bytes[self.position..];
        let len = len(rest)?;
        let number = |at: usize| rest[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let (offset, what) = (number(8)?, number(16)?);
        let stream = match what >> TIME_BITS {
            0 => LogStream::Stdout,
            1 => LogStream::Stderr,
            2 => LogStream::Note,
            _ => return None,
        };
        if offset != self.next {
            return None;
        }
        let bytes = self.bytes.slice(self.position + HEADER_BYTES..self.position + len);
        self.position += len;
        self.next += bytes.len() as u64;
        let at = Time(what & ((1 << TIME_BITS) - 1));
        Some(LogChunk { offset, at, stream, bytes })
    }
}
