//! One stream of text that arrives in pieces.

use bytes::{Bytes, BytesMut};

use crate::masker::Masker;

/// What stands in the place of a value.
const MASK: &[u8] = b"***";

/// The state of one stream of text.
#[derive(Debug, Default)]
pub struct MaskStream {
    /// The end of what was pushed, which could become a value.
    held: BytesMut,
    /// How many bytes at its beginning belong to a value that has been replaced already.
    masked: usize,
    /// Whether what was shown last before these is a mask: another value here belongs to it.
    touches: bool,
}

impl MaskStream {
    /// Takes a piece, and returns what can be shown by now.
    ///
    /// Another masker may be given with each piece: values may become known while text arrives.
    pub fn push(&mut self, masker: &Masker, piece: Bytes) -> Bytes {
        let Some(search) = masker.search() else {
            return if self.held.is_empty() {
                self.touches = false;
                piece
            } else {
                self.held.extend_from_slice(&piece);
                self.show(&[], usize::MAX)
            };
        };
        if self.held.is_empty() {
            // Most pieces have nothing in them, and pass without a copy.
            let until = search.hold_from(&piece);
            let spans = search.spans(&piece);
            if spans.is_empty() {
                self.held.extend_from_slice(&piece[until..]);
                self.touches &= until == 0;
                return piece.slice(..until);
            }
            self.held.extend_from_slice(&piece);
            return self.show(&spans, until);
        }
        self.held.extend_from_slice(&piece);
        let until = search.hold_from(&self.held);
        let spans = search.spans(&self.held);
        self.show(&spans, until)
    }

    /// Returns the rest.
    pub fn finish(&mut self, masker: &Masker) -> Bytes {
        let spans = masker.search().map(|search| search.spans(&self.held)).unwrap_or_default();
        self.show(&spans, usize::MAX)
    }

    /// Masks a text as a whole, in which values stand at `spans`.
    pub(crate) fn finish_with(&mut self, text: &[u8], spans: &[(usize, usize)]) -> Vec<u8> {
        self.held.extend_from_slice(text);
        self.show(spans, usize::MAX).into()
    }

    fn show(&mut self, spans: &[(usize, usize)], until: usize) -> Bytes {
        let until = until.min(self.held.len());
        let mut shown = Vec::with_capacity(until);
        // Everything before `done` is dealt with.
        let mut done = self.masked;
        for (start, end) in spans {
            if *start >= until {
                break;
            }
            // A value that touches the one before is part of the same mask.
            if *start > done || (*start == done && !self.touches) {
                shown.extend_from_slice(&self.held[done..*start]);
                shown.extend_from_slice(MASK);
            }
            done = done.max(*end);
            self.touches = true;
        }
        if done < until {
            shown.extend_from_slice(&self.held[done..until]);
            self.touches = false;
        }
        drop(self.held.split_to(until));
        self.masked = done.saturating_sub(until);
        shown.into()
    }
}

#[cfg(test)]
mod tests;
