//! Files that are either the old one or the new one, whatever happens in between.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Only the server's own user reads keys.
const MODE: u32 = 0o600;

/// Replaces files. Tests replace it, to fail between any two steps.
pub(crate) trait Disk: Send + Sync {
    /// Replaces a file, durably, and as a whole.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
}

/// The disk of the machine.
pub(crate) struct Machine;

impl Disk for Machine {
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let fresh = path.with_extension("new");
        // Left behind by a crash; it was never in place.
        match fs::remove_file(&fresh) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    }
}
