//! "Did you mean": the word that is nearest to a mistyped one.

/// Returns the nearest of `known`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Words that long are no slips of the finger, and measuring them is slow.
    if found.len() > 200 {
        return None;
    }
    let scored = known.into_iter().map(|word| (strsim::damerau_levenshtein(found, word), word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may be wrong; more is another word.
    (distance <= found.chars().count().max(3) / 3).then_some(word)
}
