//! Finds many patterns at once.
//!
//! An occurrence of a pattern covers some places whose distance is a multiple of the stride, and
//! the four bytes at the first of them are among those that begin near the pattern's start. So
//! only every stride-th place of a text is looked at: a bit says whether its four bytes can belong
//! to a pattern, and the few places where they can are compared. With a hundred secrets this is
//! several times faster than an automaton, whose table no longer fits a cache.

use std::collections::HashMap;

/// Bytes that are looked at together.
const GRAM: usize = 4;
/// More saves nothing: reading the text costs as much.
const STRIDE_MAX: usize = 8;
/// Bits per entry of a filter: about one look in fifty is in vain.
const SPARSE: usize = 48;

/// Patterns of at least [`GRAM`] bytes, and where to look for them.
pub(crate) struct Search {
    /// Sorted, so that those with a common beginning are neighbours.
    patterns: Vec<Vec<u8>>,
    stride: usize,
    /// The grams within the first `stride` places of all patterns.
    inner: Filter,
    /// Which pattern has a gram at which of these places.
    places: HashMap<u32, Vec<(u32, u32)>>,
    /// The grams that patterns begin with.
    first: Filter,
    len_max: usize,
}

impl Search {
    /// Takes patterns, sorted and of at least [`GRAM`] bytes each.
    pub(crate) fn new(patterns: Vec<Vec<u8>>) -> Self {
        debug_assert!(patterns.is_sorted(), "the patterns are sorted");
        let len_min = patterns.iter().map(Vec::len).min().unwrap_or(GRAM);
        let stride = (len_min.saturating_sub(GRAM) + 1).min(STRIDE_MAX);
        let mut inner = Filter::new(patterns.len() * stride);
        let mut first = Filter::new(patterns.len());
        let mut places = HashMap::<u32, Vec<(u32, u32)>>::new();
        for (no, pattern) in (0..).zip(&patterns) {
            first.add(gram(pattern, 0));
            for (offset, at) in (0..).zip(0..stride) {
                let gram = gram(pattern, at);
                inner.add(gram);
                places.entry(gram).or_default().push((no, offset));
            }
        }
        let len_max = patterns.iter().map(Vec::len).max().unwrap_or(0);
        Self { patterns, stride, inner, places, first, len_max }
    }

    /// Returns where patterns stand, by their beginnings; of those with the same, the longest last.
    pub(crate) fn spans(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        // The first place that is looked at may be any; the last has a whole gram behind it.
        for at in (0..text.len().saturating_sub(GRAM - 1)).step_by(self.stride) {
            let gram = gram(text, at);
            if self.inner.may_have(gram) {
                self.compare(text, at, gram, &mut spans);
            }
        }
        spans.sort_unstable();
        spans
    }

    #[cold]
    fn compare(&self, text: &[u8], at: usize, gram: u32, spans: &mut Vec<(usize, usize)>) {
        for (no, offset) in self.places.get(&gram).map_or(&[][..], Vec::as_slice) {
            let pattern = &self.patterns[*no as usize];
            let Some(start) = at.checked_sub(*offset as usize) else { continue };
            if text[start..].starts_with(pattern) {
                spans.push((start, start + pattern.len()));
            }
        }
    }

    /// Returns where the longest end of `text` starts that could become a pattern.
    pub(crate) fn hold_from(&self, text: &[u8]) -> usize {
        let from = text.len().saturating_sub(self.len_max.saturating_sub(1));
        // A long end covers a place that is looked at, as a whole pattern does.
        let mut found = text.len();
        let whole_grams = text.len().saturating_sub(GRAM - 1);
        for at in (from.next_multiple_of(self.stride)..whole_grams).step_by(self.stride) {
            let gram = gram(text, at);
            if self.inner.may_have(gram) {
                found = found.min(self.earliest(text, from, at, gram));
            }
        }
        // A short one may lie between two such places.
        let short = text.len().saturating_sub(GRAM + self.stride - 2).max(from);
        // So may one at the very beginning, before the first such place.
        let ends = (from..from.next_multiple_of(self.stride)).chain(short..text.len());
        let may_begin = |at: usize| match text.get(at..at + GRAM) {
            Some(_) => self.first.may_have(gram(text, at)),
            None => true,
        };
        ends.filter(|at| *at < found)
            .find(|at| may_begin(*at) && self.begins_pattern(&text[*at..]))
            .unwrap_or(found)
    }

    /// Returns where a pattern begins that has a gram at `at` and goes on after the text.
    #[cold]
    fn earliest(&self, text: &[u8], from: usize, at: usize, gram: u32) -> usize {
        let places = self.places.get(&gram).map_or(&[][..], Vec::as_slice).iter();
        places
            .filter_map(|(no, offset)| {
                let start = at.checked_sub(*offset as usize).filter(|start| *start >= from)?;
                let (pattern, end) = (&self.patterns[*no as usize], &text[start..]);
                (pattern.len() > end.len() && pattern.starts_with(end)).then_some(start)
            })
            .min()
            .unwrap_or(text.len())
    }

    /// Returns whether a pattern goes on after `end`.
    fn begins_pattern(&self, end: &[u8]) -> bool {
        // Patterns that begin with `end` are neighbours, the shortest of them first.
        let after = self.patterns.partition_point(|pattern| pattern.as_slice() <= end);
        self.patterns.get(after).is_some_and(|pattern| pattern.starts_with(end))
    }
}

fn gram(text: &[u8], at: usize) -> u32 {
    let mut bytes = [0; GRAM];
    bytes.copy_from_slice(&text[at..at + GRAM]);
    u32::from_le_bytes(bytes)
}

/// A set of grams that may say yes in vain, but never no.
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn new(entries: usize) -> Self {
        // From 512 bytes to 2 MiB.
        let width = (entries * SPARSE).next_power_of_two().ilog2().clamp(12, 24);
        Self { bits: vec![0; 1 << (width - 6)], shift: 32 - width }
    }

    fn slot(&self, gram: u32) -> usize {
        // The odd number nearest to 2^32 / phi spreads neighbours far apart.
        (gram.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }

    fn add(&mut self, gram: u32) {
        let slot = self.slot(gram);
        self.bits[slot / 64] |= 1 << (slot % 64);
    }

    #[inline]
    fn may_have(&self, gram: u32) -> bool {
        let slot = self.slot(gram);
        self.bits[slot / 64] & (1 << (slot % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Search;

    proptest! {
        #[test]
        fn it_finds_what_a_plain_search_finds(
            text in "[ab]{0,80}",
            patterns in proptest::collection::btree_set("[ab]{4,14}", 1..8),
        ) {
            let patterns: Vec<Vec<u8>> = patterns.into_iter().map(String::into_bytes).collect();
            let text = text.as_bytes();
            let search = Search::new(patterns.clone());
            let mut want: Vec<(usize, usize)> = Vec::new();
            for at in 0..text.len() {
                let here = patterns.iter().filter(|p| text[at..].starts_with(p));
                want.extend(here.map(|p| (at, at + p.len())));
            }
            want.sort_unstable();
            prop_assert_eq!(search.spans(text), want);
            let plain = (0..text.len())
                .find(|at| {
                    let end = &text[*at..];
                    patterns.iter().any(|p| p.len() > end.len() && p.starts_with(end))
                })
                .unwrap_or(text.len());
            prop_assert_eq!(search.hold_from(text), plain);
        }
    }
}
