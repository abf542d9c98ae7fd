//! Copies whole directories.

use std::fs::{self, File, FileTimes, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Copies a directory to a place that is free. Modes, times and symbolic links stay what they are;
/// pipes, sockets and devices are left out. Where the file system can share blocks, it does.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, from, to) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_tree(&from, &to)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_file() {
            copy_file(&from, &to)?;
        }
    }
    // Last, since it may forbid to write.
    let mode = fs::metadata(from)?.permissions().mode();
    fs::set_permissions(to, Permissions::from_mode(mode))
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let found = fs::metadata(from)?;
    let times = FileTimes::new().set_modified(found.modified()?).set_accessed(found.accessed()?);
    // Opened for reading, which suffices for the owner: the copy may be read-only already.
    File::open(to).and_then(|file| file.set_times(times)).or_else(|err| match err.kind() {
        // A file that even its owner may not read keeps the time of the copy.
        io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(err),
    })
}
