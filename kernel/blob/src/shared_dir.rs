//! Directories that programs of other users write to.
//!
//! A server that runs as root may run steps as other users. What such a step is given must be
//! writable for it; what lies above can be passed, not listed, and run ids cannot be guessed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Makes a directory that any step may write to, whoever it runs as. One that is there stays.
pub(crate) fn make(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    set(dir, 0o777)
}

/// Makes a directory that others may pass, but not list.
pub(crate) fn make_passage(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    set(dir, 0o711)
}

fn set(dir: &Path, mode: u32) -> io::Result<()> {
    // Only root can start programs as somebody else.
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(dir, Permissions::from_mode(mode))?;
    }
    Ok(())
}
