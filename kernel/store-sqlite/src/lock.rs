//! One process per store: two would fence each other off in turn.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use kernel_ports::store::StoreError;

/// Takes the lock beside the database at `path`; it is held until the file is dropped or its
/// process ends, however it ends.
pub(crate) fn take(path: &Path) -> Result<File, StoreError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let shown = folder.display();
        return Err(StoreError::Io {
            action: format!(
                "open the store {}: create the directory {shown} first",
                path.display()
            ),
            err: format!("there is no directory {shown}").into(),
        });
    }
    let lock_path = PathBuf::from(format!("{}.lock", path.display()));
    let failed = |err: std::io::Error| StoreError::Io {
        action: format!("open {}; check who may read and write it", lock_path.display()),
        err: err.into(),
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(held(path, &mut file)),
        Err(TryLockError::Error(err)) => return Err(failed(err)),
    }
    // Who holds it, for the message that the other one gives.
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "process {}", std::process::id()))
        .map_err(failed)?;
    Ok(file)
}

fn held(path: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    if file.read_to_string(&mut holder).is_err() || holder.is_empty() {
        "another process".clone_into(&mut holder);
    }
    StoreError::Io {
        action: format!(
            "take the store {}, which {holder} holds; stop that server, or use another directory",
            path.display()
        ),
        err: "it is locked".into(),
    }
}
