//! Writes the segments of a log, and keeps them below the cap.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::frame::{self, Frames};
use super::parts::{self, Part};

/// A cap is cut into this many segments. They go one at a time, and a reader reads one to get at any
/// place in it.
const SEGMENTS: u64 = 64;
const SEGMENT_BYTES_MIN: u64 = 4 << 10;
const SEGMENT_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug)]
struct Segment {
    start: u64,
    bytes: u64,
}

/// How much has been written: bytes of frames, and bytes of the log that are in them.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) frames: usize,
    pub(crate) payload: u64,
}

/// Writes a log. The first half of the cap belongs to its head, which stays; the other half is a
/// ring, whose oldest segments go.
#[derive(Debug)]
pub(crate) struct Writer {
    dir: PathBuf,
    bytes_max: u64,
    segment_bytes: u64,
    head: Vec<Segment>,
    head_bytes: u64,
    tail: VecDeque<Segment>,
    tail_bytes: u64,
    /// The last segment, if this writer has begun it.
    file: Option<File>,
}

impl Writer {
    /// Goes on behind what there is, and returns where that ends. Creates nothing yet.
    pub(crate) fn open(dir: &Path, bytes_max: u64) -> io::Result<(Self, u64)> {
        let segment_bytes = (bytes_max / SEGMENTS).clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
        let mut writer = Self {
            dir: dir.to_owned(),
            bytes_max: bytes_max.max(4 * segment_bytes),
            segment_bytes,
            head: Vec::new(),
            head_bytes: 0,
            tail: VecDeque::new(),
            tail_bytes: 0,
            file: None,
        };
        let mut end = 0;
        let parts = parts::list(dir)?;
        for (n, part) in parts.iter().enumerate() {
            let start = match part {
                Part::Sealed(sealed) => {
                    // Stays, whatever its size: it takes the place of the head.
                    let bytes = writer.head_bytes + u64::from(sealed.raw);
                    writer.head_bytes = bytes.min(writer.bytes_max / 2);
                    end = sealed.end;
                    continue;
                }
                Part::Segment { start } => *start,
            };
            let path = parts::segment(dir, start);
            let mut bytes = fs::metadata(&path)?.len();
            if n + 1 == parts.len() {
                let mut frames = Frames::new(fs::read(&path)?.into(), start);
                end = frames.by_ref().last().map_or(start, |c| c.offset + c.bytes.len() as u64);
                // What a crash has left of a frame that was not written to its end.
                bytes = frames.position() as u64;
                if bytes == 0 {
                    fs::remove_file(&path)?;
                    continue;
                }
                OpenOptions::new().write(true).open(&path)?.set_len(bytes)?;
            }
            writer.add(Segment { start, bytes });
        }
        Ok((writer, end))
    }

    /// Writes frames, of which the first starts at `start` in the log. What was written is counted in
    /// `done`, also after an error; the rest can be written again.
    pub(crate) fn write(
        &mut self,
        start: u64,
        frames: &[u8],
        done: &mut Written,
    ) -> io::Result<()> {
        while done.frames < frames.len() {
            let (start, frames) = (start + done.payload, &frames[done.frames..]);
            if self.file.is_none() || self.last().is_none_or(|s| s.bytes >= self.segment_bytes) {
                self.begin(start)?;
            }
            let room = self.segment_bytes.saturating_sub(self.last().map_or(0, |s| s.bytes));
            let (piece, payload) = split(frames, room);
            self.make_room(piece.len() as u64);
            self.write_piece(piece)?;
            done.payload += payload;
            done.frames += piece.len();
        }
        Ok(())
    }

    /// Makes everything durable, and returns how many bytes that is. Common file systems make the
    /// name of a new file durable together with it.
    pub(crate) fn sync(&mut self) -> io::Result<u64> {
        self.file = None;
        for segment in self.head.iter().chain(&self.tail) {
            match File::open(parts::segment(&self.dir, segment.start)) {
                // Compressed in the meantime, and durable so.
                Err(err) if err.kind() == ErrorKind::NotFound => {}
                file => file?.sync_data()?,
            }
        }
        Ok(self.head_bytes + self.tail_bytes)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn begin(&mut self, start: u64) -> io::Result<()> {
        let path = parts::segment(&self.dir, start);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let file = match options.open(&path) {
            Err(err) if err.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(&self.dir)?;
                options.open(&path)?
            }
            file => file?,
        };
        // A beginning that failed may have left the same segment, empty.
        if self.last().is_none_or(|last| last.start != start) {
            self.add(Segment { start, bytes: 0 });
        }
        self.file = Some(file);
        Ok(())
    }

    fn add(&mut self, segment: Segment) {
        if self.tail.is_empty() && self.head_bytes < self.bytes_max / 2 {
            self.head_bytes += segment.bytes;
            self.head.push(segment);
        } else {
            self.tail_bytes += segment.bytes;
            self.tail.push_back(segment);
        }
    }

    fn last(&self) -> Option<&Segment> {
        self.tail.back().or(self.head.last())
    }

    /// Removes the oldest segments of the ring. The one that is written stays.
    fn make_room(&mut self, bytes: u64) {
        while self.head_bytes + self.tail_bytes + bytes > self.bytes_max && self.tail.len() > 1 {
            let Some(oldest) = self.tail.pop_front() else { return };
            self.tail_bytes -= oldest.bytes;
            // One that stays behind is only in the way.
            let _ = fs::remove_file(parts::segment(&self.dir, oldest.start));
        }
    }

    fn write_piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let (segment, bytes) = match self.tail.back_mut() {
            Some(segment) => (segment, &mut self.tail_bytes),
            None => match self.head.last_mut() {
                Some(segment) => (segment, &mut self.head_bytes),
                None => return Err(io::Error::other("bug: a log has a file but no segment")),
            },
        };
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("bug: a log has a segment but no file"));
        };
        if let Err(err) = file.write_all(piece) {
            let undone = file.set_len(segment.bytes);
            let undone = undone.and_then(|()| {
                io::Seek::seek(file, io::SeekFrom::Start(segment.bytes)).map(|_| ())
            });
            if let Err(undo) = undone {
                tracing::error!("failed to cut off half of a log's frame: {undo}");
            }
            return Err(err);
        }
        segment.bytes += piece.len() as u64;
        *bytes += piece.len() as u64;
        Ok(())
    }
}

/// Returns as many whole frames as fit into `room`, but one at least, and how many bytes of the log
/// they hold.
fn split(frames: &[u8], room: u64) -> (&[u8], u64) {
    let (mut at, mut payload) = (0, 0);
    while let Some(len) = frame::len(&frames[at..]) {
        if at > 0 && (at + len) as u64 > room {
            break;
        }
        at += len;
        payload += frame::payload(len);
    }
    (&frames[..at], payload)
}
