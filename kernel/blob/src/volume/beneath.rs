//! File operations that cannot leave a directory.
//!
//! The system itself refuses every step out (`RESOLVE_BENEATH`), be it by `..`, by a symbolic link,
//! or by one that is put there at the very moment; there is nothing to check before.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use kernel_ports::volume::{Entry, EntryKind};
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, mkdirat, openat2, renameat, statat,
    unlinkat,
};
use rustix::io::Errno;

use crate::removal;

/// A directory, held open.
#[derive(Debug)]
pub(crate) struct Beneath {
    dir: OwnedFd,
}

impl Beneath {
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        // A program of the run may have put a link in its place.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self { dir: rustix::fs::open(dir, flags, Mode::empty())? })
    }

    pub(super) fn read(&self, path: &str, offset: u64, max: usize) -> io::Result<Vec<u8>> {
        let file = self.open_file(path)?;
        let there = usize::try_from(file.metadata()?.len().saturating_sub(offset));
        let mut bytes = vec![0; max.min(there.unwrap_or(usize::MAX))];
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(err) if err.kind() == ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Opens a regular file for reading.
    pub(crate) fn open_file(&self, path: &str) -> io::Result<File> {
        // A pipe would block until somebody writes to it.
        let file = File::from(self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK)?);
        let kind = file.metadata()?.file_type();
        match kind.is_file() {
            true => Ok(file),
            false if kind.is_dir() => Err(ErrorKind::IsADirectory.into()),
            false => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
        }
    }

    /// Writes a whole file: readers see the old content or the new. Its mode stays.
    pub(super) fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (folder, name) = self.folder_of(path)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = format!(".tenon-{}-{number}.new", std::process::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH;
        let file = openat2(&folder, &temporary, flags, Mode::from_raw_mode(0o666), resolve)?;
        let mut file = File::from(file);
        let written = (|| {
            file.write_all(bytes)?;
            if let Ok(old) = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)
                && FileType::from_raw_mode(old.st_mode) == FileType::RegularFile
            {
                file.set_permissions(fs::Permissions::from_mode(old.st_mode & 0o777))?;
            }
            Ok(renameat(&folder, &temporary, &folder, name)?)
        })();
        if written.is_err() {
            let _ = unlinkat(&folder, &temporary, AtFlags::empty());
        }
        written
    }

    pub(super) fn append(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let (folder, _) = path.rsplit_once('/').unwrap_or((".", path));
        self.make_folder(folder)?;
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NONBLOCK;
        let mut file = File::from(self.open_at(path, flags)?);
        file.write_all(bytes)
    }

    /// Lists a directory by name.
    pub(super) fn list(&self, path: &str) -> io::Result<Vec<Entry>> {
        let folder = self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let stat = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                // Removed since.
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            let kind = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => EntryKind::File,
                FileType::Directory => EntryKind::Directory,
                FileType::Symlink => EntryKind::Link,
                _ => EntryKind::Other,
            };
            let name = name.to_string_lossy().into_owned();
            entries.push(Entry { name, kind, size: u64::try_from(stat.st_size).unwrap_or(0) });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Removes a file, a link (not what it points to), or a directory with all that is in it.
    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let folder = self.open_at(folder, OFlags::RDONLY | OFlags::DIRECTORY)?;
        match unlinkat(&folder, name, AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => {
                // The folder by its handle: its name might lead somewhere else by now.
                removal::remove_tree(&by_handle(&folder).join(name))
            }
            done => Ok(done?),
        }
    }

    pub(super) fn set_executable(&self, path: &str) -> io::Result<()> {
        let file = self.open_file(path)?;
        let mode = file.metadata()?.permissions().mode();
        // Who may read it may run it.
        file.set_permissions(fs::Permissions::from_mode((mode | (mode & 0o444) >> 2) & 0o7777))
    }

    /// Lists the regular files below, entering the folders that `enters` wants. Links to files
    /// count if they stay inside; links to folders are not followed.
    pub(crate) fn files(&self, enters: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
        let mut files = Vec::new();
        let mut open = vec![".".to_owned()];
        while let Some(folder) = open.pop() {
            let entries = match self.list(&folder) {
                Err(err) if err.kind() == ErrorKind::NotFound && folder != "." => continue,
                entries => entries?,
            };
            for Entry { name, kind, .. } in entries {
                let path = if folder == "." { name } else { format!("{folder}/{name}") };
                match kind {
                    EntryKind::File => files.push(path),
                    EntryKind::Link if self.open_file(&path).is_ok() => files.push(path),
                    EntryKind::Directory if enters(&path) => open.push(path),
                    EntryKind::Directory | EntryKind::Link | EntryKind::Other => {}
                }
            }
        }
        Ok(files)
    }

    fn open_at(&self, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let mode = match flags.contains(OFlags::CREATE) {
            true => Mode::from_raw_mode(0o666),
            false => Mode::empty(),
        };
        let mut tries = 0;
        loop {
            match openat2(&self.dir, path, flags | OFlags::CLOEXEC, mode, resolve) {
                // Something was renamed at this moment, so the system cannot be sure.
                Err(Errno::AGAIN) if tries < 100 => tries += 1,
                opened => return Ok(opened?),
            }
        }
    }

    /// Makes the folders on the way to a file; returns the last, and the file's name.
    fn folder_of<'a>(&self, path: &'a str) -> io::Result<(OwnedFd, &'a str)> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        Ok((self.make_folder(folder)?, name))
    }

    fn make_folder(&self, path: &str) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match self.open_at(path, flags) {
            Err(err) if err.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        let parent = self.make_folder(parent)?;
        match mkdirat(&parent, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => self.open_at(path, flags),
            Err(err) => Err(err.into()),
        }
    }
}

fn by_handle(folder: &OwnedFd) -> PathBuf {
    Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string())
}
