//! "Did you mean": the name that is nearest to a mistyped one.

/// Returns the nearest of `known`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let scored = known.into_iter().map(|name| (strsim::damerau_levenshtein(found, name), name));
    let (distance, name) = scored.min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may be wrong; more is another word.
    (distance <= found.chars().count().max(3) / 3).then(|| name.to_owned())
}
