//! Which files a log consists of.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

/// The compressed file.
const SEALED: &str = "log.zst";
const SEGMENT_SUFFIX: &str = ".seg";
const MARK: u32 = u32::from_le_bytes(*b"TNLX");
/// Mark and number of parts.
const FOOTER_BYTES: usize = 8;
/// Start, end, position, compressed and raw length.
const ENTRY_BYTES: usize = 32;
/// More than a writer makes; a larger number is damage, not data.
const RAW_BYTES_MAX: u32 = 64 << 20;

/// A stretch of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Segment { start: u64 },
    Sealed(SealedPart),
}

/// A stretch within the compressed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedPart {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) position: u64,
    pub(crate) compressed: u32,
    pub(crate) raw: u32,
}

impl Part {
    pub(crate) fn start(&self) -> u64 {
        match self {
            Self::Segment { start } | Self::Sealed(SealedPart { start, .. }) => *start,
        }
    }

    /// Returns the frames.
    pub(crate) fn load(&self, dir: &Path) -> io::Result<Bytes> {
        match self {
            Self::Segment { start } => Ok(fs::read(segment(dir, *start))?.into()),
            Self::Sealed(part) => {
                let compressed = part.load_compressed(&File::open(sealed(dir))?)?;
                Ok(zstd::bulk::decompress(&compressed, part.raw as usize)?.into())
            }
        }
    }
}

impl SealedPart {
    pub(crate) fn load_compressed(&self, file: &File) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.compressed as usize];
        file.read_exact_at(&mut bytes, self.position)?;
        Ok(bytes)
    }
}

pub(crate) fn segment(dir: &Path, start: u64) -> PathBuf {
    dir.join(format!("{start:020}{SEGMENT_SUFFIX}"))
}

pub(crate) fn sealed(dir: &Path) -> PathBuf {
    dir.join(SEALED)
}

/// Lists the parts of a log in order; none if there is no log.
pub(crate) fn list(dir: &Path) -> io::Result<Vec<Part>> {
    let entries = match fs::read_dir(dir) {
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut starts = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let start = name.to_str().and_then(|name| name.strip_suffix(SEGMENT_SUFFIX));
        starts.extend(start.and_then(|start| start.parse::<u64>().ok()));
    }
    starts.sort_unstable();
    // After the listing: a segment that is gone from it is in the compressed file for sure.
    let sealed = match File::open(sealed(dir)) {
        Err(err) if err.kind() == ErrorKind::NotFound => Vec::new(),
        file => read_index(&file?)?,
    };
    let sealed_end = sealed.last().map_or(0, |part| part.end);
    let mut parts: Vec<Part> = sealed.into_iter().map(Part::Sealed).collect();
    // What lies before is a rest of an interrupted sealing.
    let starts = starts.into_iter().filter(|start| *start >= sealed_end);
    parts.extend(starts.map(|start| Part::Segment { start }));
    Ok(parts)
}

/// Returns the index as it stands behind the compressed parts.
pub(crate) fn index(parts: &[SealedPart]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.len() * ENTRY_BYTES + 8);
    for part in parts {
        bytes.extend_from_slice(&part.start.to_le_bytes());
        bytes.extend_from_slice(&part.end.to_le_bytes());
        bytes.extend_from_slice(&part.position.to_le_bytes());
        bytes.extend_from_slice(&part.compressed.to_le_bytes());
        bytes.extend_from_slice(&part.raw.to_le_bytes());
    }
    bytes.extend_from_slice(&MARK.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(parts.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes
}

fn read_index(file: &File) -> io::Result<Vec<SealedPart>> {
    let damaged = || io::Error::new(ErrorKind::InvalidData, "its index is damaged");
    let size = file.metadata()?.len();
    let mut footer = [0; FOOTER_BYTES];
    let footer_at = size.checked_sub(FOOTER_BYTES as u64).ok_or_else(damaged)?;
    file.read_exact_at(&mut footer, footer_at)?;
    let [mark, count] = [0, 4].map(|at| u32_at(&footer, at));
    let index_bytes = u64::from(count) * ENTRY_BYTES as u64;
    let index_at = footer_at.checked_sub(index_bytes).ok_or_else(damaged)?;
    if mark != MARK {
        return Err(damaged());
    }
    let mut index = vec![0; usize::try_from(index_bytes).map_err(|_| damaged())?];
    file.read_exact_at(&mut index, index_at)?;
    let parts = index.chunks_exact(ENTRY_BYTES).map(|entry| SealedPart {
        start: u64_at(entry, 0),
        end: u64_at(entry, 8),
        position: u64_at(entry, 16),
        compressed: u32_at(entry, 24),
        raw: u32_at(entry, 28),
    });
    let parts: Vec<SealedPart> = parts.collect();
    let fits = |part: &SealedPart| {
        let end = part.position.checked_add(u64::from(part.compressed));
        part.raw <= RAW_BYTES_MAX && end.is_some_and(|end| end <= index_at)
    };
    parts.iter().all(fits).then_some(parts).ok_or_else(damaged)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}
