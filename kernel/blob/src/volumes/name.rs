//! What volumes and paths may be called.

use std::path::{Path, PathBuf};

use kernel_ports::volume::VolumeError;

/// Returns the name of a volume, if it is one.
pub(super) fn check(name: &str) -> Result<&str, VolumeError> {
    let refuse = |reason| Err(VolumeError::Name { found: name.to_owned(), reason });
    if name.is_empty() || name.len() > 200 {
        return refuse("expected 1 to 200 characters");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return refuse("no part may be empty, '.' or '..'");
    }
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if !name.chars().all(ok) {
        return refuse("expected letters, digits, '.', '_', '-' and '/'");
    }
    Ok(name)
}

/// Returns a relative path without `.`; a leading `/` or `./` is taken for the top.
pub(super) fn path(path: &str) -> Result<PathBuf, VolumeError> {
    let clean = path_or_root(path)?;
    if clean.as_os_str().is_empty() {
        return Err(VolumeError::Path { path: path.to_owned(), reason: "it names nothing" });
    }
    Ok(clean)
}

/// As [`path`]; the empty path is the top itself.
pub(super) fn path_or_root(path: &str) -> Result<PathBuf, VolumeError> {
    let refuse = |reason| Err(VolumeError::Path { path: path.to_owned(), reason });
    if path.contains('\0') {
        return refuse("it has a zero byte");
    }
    if path.len() > 4_000 {
        return refuse("it has more than 4,000 bytes");
    }
    if path.split('/').any(|part| part == "..") {
        return refuse("'..' is not allowed");
    }
    Ok(path.split('/').filter(|part| !matches!(*part, "" | ".")).collect())
}

/// Returns the directory and the last part of a path.
pub(super) fn split<'a>(place: &'a Path, path: &str) -> Result<(&'a Path, &'a Path), VolumeError> {
    match (place.parent(), place.file_name()) {
        (Some(parent), Some(file)) => Ok((parent, Path::new(file))),
        _ => Err(VolumeError::Path { path: path.to_owned(), reason: "it names nothing" }),
    }
}
