//! Takes secret values out of text that arrives in pieces.
//!
//! Invariants:
//! - No byte of a value leaves before it is known that the value does not follow.
//! - At most one value's length is held back, and only while its beginning has been seen.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

mod forms;

/// What stands in the place of a value.
const MASK: &[u8] = b"***";

/// Knows the values to be masked, in all the forms in which they may be written.
#[derive(Debug)]
pub(crate) struct Masker {
    /// None: there is nothing to mask.
    search: Option<AhoCorasick>,
    patterns: Vec<Vec<u8>>,
    len_max: usize,
}

impl Masker {
    /// Returns a masker for these values. Values of fewer than 4 bytes are too common to be masked.
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let patterns: BTreeSet<Vec<u8>> = values.into_iter().flat_map(forms::of).collect();
        let patterns: Vec<Vec<u8>> = patterns.into_iter().collect();
        let search = (!patterns.is_empty()).then(|| {
            // Standard semantics with overlapping search: of two values that overlap both are
            // masked. Few and short patterns get a table, which is several times faster.
            let bytes: usize = patterns.iter().map(Vec::len).sum();
            AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .kind((bytes < 16 * 1024).then_some(AhoCorasickKind::DFA))
                .build(&patterns)
        });
        let len_max = patterns.iter().map(Vec::len).max().unwrap_or(0);
        // Building fails for patterns of gigabytes only, which no request can carry.
        let search = search.and_then(Result::ok);
        Self { search, patterns, len_max }
    }

    /// Returns whether there is nothing to mask.
    pub(crate) fn is_empty(&self) -> bool {
        self.search.is_none()
    }

    /// Masks a text as a whole.
    pub(crate) fn mask(&self, text: &[u8]) -> Vec<u8> {
        let mut stream = MaskStream::default();
        let mut masked = stream.push(self, text);
        masked.extend_from_slice(&stream.finish(self));
        masked
    }

    /// Returns where the longest end of `data` starts that could become a value.
    fn hold_from(&self, data: &[u8]) -> usize {
        let first = data.len().saturating_sub(self.len_max.saturating_sub(1));
        (first..data.len())
            .find(|at| {
                let end = &data[*at..];
                self.patterns.iter().any(|p| p.len() > end.len() && p.starts_with(end))
            })
            .unwrap_or(data.len())
    }
}

/// The state of one stream of text.
#[derive(Debug, Default)]
pub(crate) struct MaskStream {
    /// The end of what was pushed, which could become a value.
    held: Vec<u8>,
    /// How many bytes at its beginning belong to a value that has been replaced already.
    masked: usize,
    /// Whether what was shown last before these is a mask: another value here belongs to it.
    touches: bool,
}

impl MaskStream {
    /// Takes a piece, and returns what can be shown by now.
    pub(crate) fn push(&mut self, masker: &Masker, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        let until = masker.hold_from(&self.held);
        self.show(masker, until)
    }

    /// Returns the rest.
    pub(crate) fn finish(&mut self, masker: &Masker) -> Vec<u8> {
        let until = self.held.len();
        self.show(masker, until)
    }

    fn show(&mut self, masker: &Masker, until: usize) -> Vec<u8> {
        let Some(search) = &masker.search else { return std::mem::take(&mut self.held) };
        let mut spans: Vec<(usize, usize)> =
            search.find_overlapping_iter(&self.held).map(|m| (m.start(), m.end())).collect();
        spans.sort_unstable();
        let mut shown = Vec::with_capacity(until);
        // Everything before `done` is dealt with.
        let mut done = self.masked;
        for (start, end) in spans {
            if start >= until {
                break;
            }
            // A value that touches the one before is part of the same mask.
            if start > done || (start == done && !self.touches) {
                shown.extend_from_slice(&self.held[done..start]);
                shown.extend_from_slice(MASK);
            }
            done = done.max(end);
            self.touches = true;
        }
        if done < until {
            shown.extend_from_slice(&self.held[done..until]);
            self.touches = false;
        }
        self.held.drain(..until);
        self.masked = done.saturating_sub(until);
        shown
    }
}

#[cfg(test)]
mod tests;
