//! The bytes of a library: read once, hashed, and kept where nobody can change them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::{MemfdFlags, OFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::geteuid;

use super::NativeError;
use crate::inspect::digest;

/// Larger libraries are taken for a mistake.
const FILE_BYTES: u64 = 256 * 1024 * 1024;
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A library in memory that cannot change any more.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) memory: OwnedFd,
    pub(super) digest: String,
}

/// Copies a file into sealed memory, if nobody else could have written it.
pub(super) fn seal(path: &Path) -> Result<Sealed, NativeError> {
    let read = |err| NativeError::Read { path: path.to_owned(), err };
    // A pipe would hold up the server; links are followed, as packages use them.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(read)?;
    check(path, &file)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > FILE_BYTES {
        let err = io::Error::other(format!("it is larger than {FILE_BYTES} bytes"));
        return Err(read(err));
    }
    let memory =
        sealed(&bytes).map_err(|err| NativeError::Memory { path: path.to_owned(), err })?;
    Ok(Sealed { memory, digest: digest(&bytes) })
}

/// Judges the open file, not the path: that could lead elsewhere by now.
fn check(path: &Path, file: &File) -> Result<(), NativeError> {
    let path = || path.to_owned();
    let metadata = file.metadata().map_err(|err| NativeError::Read { path: path(), err })?;
    if metadata.is_dir() {
        return Err(NativeError::NotFile { path: path(), found: "a directory" });
    }
    if !metadata.is_file() {
        return Err(NativeError::NotFile { path: path(), found: "no regular file" });
    }
    let uid = metadata.uid();
    if uid != 0 && uid != geteuid().as_raw() {
        return Err(NativeError::Owner { path: path(), uid });
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(NativeError::Writable { path: path(), mode: metadata.mode() & 0o777 });
    }
    Ok(())
}

fn sealed(bytes: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 know no such flag; there all memory may be executed.
    let memory = memfd_create("tenon-native", flags | MemfdFlags::EXEC)
        .or_else(|_| memfd_create("tenon-native", flags))?;
    let mut file = File::from(memory);
    file.write_all(bytes)?;
    let memory = OwnedFd::from(file);
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals)?;
    Ok(memory)
}
