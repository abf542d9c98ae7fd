//! Names of volumes and paths in them.

use kernel_ports::volume::VolumeError;

const NAME_BYTES_MAX: usize = 200;

/// Checks the name of a volume.
pub(crate) fn volume_name(name: &str) -> Result<(), VolumeError> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let reason = if name.is_empty() || name.len() > NAME_BYTES_MAX {
        "it must have 1 to 200 characters"
    } else if !name.chars().all(is_known) {
        "it may have letters, digits, '.', '_', '-' and '/' only"
    } else if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "no part between slashes may be empty, \".\" or \"..\""
    } else {
        return Ok(());
    };
    Err(VolumeError::Name { found: name.to_owned(), reason })
}

/// Returns a path in a volume without needless parts; `.` for the volume itself. Links are not
/// looked at here: that is left to the system, which does it without a gap.
pub(super) fn inner_path(path: &str) -> Result<String, VolumeError> {
    let refuse = |reason| Err(VolumeError::Path { path: path.to_owned(), reason });
    if path.starts_with('/') {
        return refuse("it must be relative");
    }
    if path.contains('\0') {
        return refuse("it contains a zero byte");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return refuse("it may not contain \"..\"");
    }
    match parts.is_empty() {
        true => Ok(".".to_owned()),
        false => Ok(parts.join("/")),
    }
}
