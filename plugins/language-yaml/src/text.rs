//! Names as parts of paths.

/// Returns a name as a part of a path: letters, digits, `_`, `-` and `.`, at most 48 bytes.
#[must_use]
pub(crate) fn slug(name: &str) -> String {
    let mut slug: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' })
        .take(48)
        .collect();
    if slug.chars().all(|c| c == '.') {
        slug = "-".repeat(slug.len().max(1));
    }
    slug
}

/// Returns whether a name can be part of a volume's name as it is.
#[must_use]
pub(crate) fn is_artifact_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && name.chars().any(|c| c != '.')
}

/// Returns a relative path without `.` parts, or `None` if it leaves its directory.
#[must_use]
pub(crate) fn relative(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}
