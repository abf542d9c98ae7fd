//! Reads a log from its files, whether someone writes it or not.

use std::io::{self, ErrorKind};
use std::path::Path;

use kernel_ports::log::LogChunk;

use super::frame::Frames;
use super::parts::{self, Part};

/// How often the files may be replaced under a reader before it gives up. Each time, the log has
/// been compressed, or has grown past its cap by a whole segment.
const TRIES: u32 = 100;

/// Returns chunks from `offset` on, none from `limit` on: about `bytes_max` bytes, at least one
/// chunk if there is one.
pub(crate) fn read(
    dir: &Path,
    offset: u64,
    limit: u64,
    bytes_max: usize,
) -> io::Result<Vec<LogChunk>> {
    again(|| {
        let parts = parts::list(dir)?;
        let behind = parts.partition_point(|part| part.start() <= offset);
        let mut chunks: Vec<LogChunk> = Vec::new();
        let mut bytes = 0;
        for part in &parts[behind.saturating_sub(1)..] {
            let loaded = part.load(dir);
            // What there is of it already is as good as a whole page.
            if !chunks.is_empty() && is_gone(&loaded) {
                break;
            }
            for mut chunk in Frames::new(loaded?, part.start()) {
                let end = chunk.offset + chunk.bytes.len() as u64;
                if end <= offset {
                    continue;
                }
                if chunk.offset >= limit || bytes >= bytes_max && !chunks.is_empty() {
                    return Ok(chunks);
                }
                if let Ok(skip) = usize::try_from(offset.saturating_sub(chunk.offset)) {
                    chunk.bytes = chunk.bytes.slice(skip..);
                    chunk.offset += skip as u64;
                }
                bytes += chunk.bytes.len();
                chunks.push(chunk);
            }
        }
        Ok(chunks)
    })
}

/// Returns where a log ends.
pub(crate) fn end(dir: &Path) -> io::Result<u64> {
    again(|| match parts::list(dir)?.last() {
        None => Ok(0),
        Some(Part::Sealed(part)) => Ok(part.end),
        Some(part @ Part::Segment { start }) => {
            let last = Frames::new(part.load(dir)?, *start).last();
            Ok(last.map_or(*start, |chunk| chunk.offset + chunk.bytes.len() as u64))
        }
    })
}

fn is_gone<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|err| err.kind() == ErrorKind::NotFound)
}

/// Starts over when a file is gone that was there a moment ago.
fn again<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..TRIES {
        let result = read();
        if !is_gone(&result) {
            return result;
        }
    }
    read()
}
