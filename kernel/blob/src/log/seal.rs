//! Turns the segments of an ended log into one compressed file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::frame::Frames;
use super::parts::{self, Part, SealedPart};

/// Below, a file is about one block of the disk anyway.
pub(crate) const BYTES_MIN: u64 = 16 << 10;
const LEVEL: i32 = 3;

/// Compresses what there is of a log, each segment by itself, so that a reader decompresses only
/// what it reads. A crash in between leaves the segments.
pub(crate) fn seal(dir: &Path) -> io::Result<()> {
    let found = parts::list(dir)?;
    let temporary = dir.join("log.zst.new");
    let mut file = File::create(&temporary)?;
    let mut sealed = Vec::with_capacity(found.len());
    let mut position = 0;
    for part in &found {
        let (compressed, mut entry) = match part {
            Part::Sealed(known) => {
                (known.load_compressed(&File::open(parts::sealed(dir))?)?, known.clone())
            }
            Part::Segment { start } => {
                let bytes = part.load(dir)?;
                let mut frames = Frames::new(bytes.clone(), *start);
                let end =
                    frames.by_ref().last().map_or(*start, |c| c.offset + c.bytes.len() as u64);
                let raw = &bytes[..frames.position()];
                let entry = SealedPart { start: *start, end, position, compressed: 0, raw: 0 };
                let raw_bytes = size(raw.len())?;
                (zstd::bulk::compress(raw, LEVEL)?, SealedPart { raw: raw_bytes, ..entry })
            }
        };
        entry.position = position;
        entry.compressed = size(compressed.len())?;
        file.write_all(&compressed)?;
        position += u64::from(entry.compressed);
        sealed.push(entry);
    }
    file.write_all(&parts::index(&sealed))?;
    file.sync_all()?;
    fs::rename(&temporary, parts::sealed(dir))?;
    // The new name must last before the old ones go.
    File::open(dir)?.sync_all()?;
    for part in &found {
        if let Part::Segment { start } = part {
            fs::remove_file(parts::segment(dir, *start))?;
        }
    }
    Ok(())
}

fn size(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(|_| io::Error::other("bug: a segment of a log has over 4 GiB"))
}
