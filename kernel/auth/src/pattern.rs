//! Patterns of names: `*`, a name, or what they begin with: `x/*` for what is below `x`, at any
//! depth, and `web-*`.

/// Returns whether one of the patterns fits.
pub(crate) fn any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
}

/// Returns whether all names that fit one of `inner` fit one of `outer`.
pub(crate) fn cover(outer: &[String], inner: &[String]) -> bool {
    inner.iter().all(|inner| outer.iter().any(|outer| covers(outer, inner)))
}

/// Returns why a text can be no pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let stem = pattern.strip_suffix('*').unwrap_or(pattern);
    let stem = stem.strip_suffix('/').filter(|_| stem != pattern).unwrap_or(stem);
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    if pattern == "*" || (stem.len() <= 200 && stem.split('/').all(is_name)) {
        return Ok(());
    }
    Err(format!(
        "{pattern:?} is not a pattern; expected `*`, a name, `name/*` for what is below, or the beginning of \
         names with `*` at its end"
    ))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(stem) => name.len() > stem.len() && name.starts_with(stem),
        None => pattern == name,
    }
}

fn covers(outer: &str, inner: &str) -> bool {
    match inner.strip_suffix('*') {
        None => fits(outer, inner),
        // `a/b/*` is covered by `a/b/*`, `a/*` and `*`, but by no single name.
        Some(stem) => outer.strip_suffix('*').is_some_and(|outer| stem.starts_with(outer)),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, covers, fits};

    #[test]
    fn a_pattern_fits_its_names() {
        for (pattern, name, want) in [
            ("*", "main", true),
            ("*", "dev/alice", true),
            ("main", "main", true),
            ("main", "main2", false),
            ("dev/*", "dev/alice", true),
            ("dev/*", "dev/alice/x", true),
            ("dev/*", "dev", false),
            ("dev/*", "dev/", false),
            ("dev/*", "device", false),
            ("web-*", "web-one", true),
            ("web-*", "web", false),
            ("web-*", "api", false),
        ] {
            assert_eq!(fits(pattern, name), want, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_covers_narrower_ones() {
        for (outer, inner, want) in [
            ("*", "*", true),
            ("*", "dev/*", true),
            ("dev/*", "dev/a/*", true),
            ("dev/*", "dev/a", true),
            ("dev/*", "*", false),
            ("web-*", "web-a-*", true),
            ("web-a-*", "web-*", false),
            ("dev/*", "de/*", false),
            ("dev", "dev/*", false),
        ] {
            assert_eq!(covers(outer, inner), want, "{outer} {inner}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for wrong in ["", "/", "a//b", "../x", "a**", "*/a", "a b", "a/../*"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        for right in ["*", "a", "a/b", "a/b/*", "web-*"] {
            assert!(check(right).is_ok(), "{right}");
        }
    }
}
