//! The values to be masked.

use std::collections::BTreeSet;
use std::fmt;

use crate::forms;
use crate::search::Search;
use crate::stream::MaskStream;

/// Knows the values to be masked, in all the forms in which they may be written.
pub struct Masker {
    /// None: there is nothing to mask.
    search: Option<Search>,
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masker").finish_non_exhaustive()
    }
}

impl Masker {
    /// Returns a masker for these values. Values of fewer than [`crate::LEN_MIN`] bytes are too
    /// common to be masked.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let patterns: BTreeSet<Vec<u8>> = values.into_iter().flat_map(forms::of).collect();
        let search = (!patterns.is_empty()).then(|| Search::new(patterns.into_iter().collect()));
        Self { search }
    }

    /// Returns whether there is nothing to mask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.search.is_none()
    }

    /// Masks a text as a whole; none if there is nothing to mask in it.
    #[must_use]
    pub fn mask(&self, text: &[u8]) -> Option<Vec<u8>> {
        let search = self.search.as_ref()?;
        let spans = search.spans(text);
        if spans.is_empty() {
            return None;
        }
        let mut stream = MaskStream::default();
        Some(stream.finish_with(text, &spans))
    }

    pub(crate) fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }
}
