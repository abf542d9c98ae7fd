//! Names as parts of paths.

use sha2::{Digest, Sha256};

/// Longer names are cut.
const SLUG_BYTES_MAX: usize = 64;

/// Returns a name as a part of a path: letters, digits, `_`, `-` and `.`, at most 64 bytes.
#[must_use]
pub(crate) fn slug(name: &str) -> String {
    let mut slug: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '-' })
        .take(SLUG_BYTES_MAX)
        .collect();
    if slug.chars().all(|c| c == '.') {
        slug = "-".repeat(slug.len().max(1));
    }
    slug
}

/// Like [`slug`], and different for different names.
#[must_use]
pub(crate) fn unique_slug(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digest}", slug(name))
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

#[cfg(test)]
mod tests;
