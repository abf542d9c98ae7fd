//! A directory that no path leads out of.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// Counts files that are being written, so that their names differ.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// An open directory.
#[derive(Debug)]
pub(super) struct Beneath(OwnedFd);

impl Beneath {
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let dir = File::open(dir)?;
        Ok(Self(dir.into()))
    }

    /// Opens a file for reading. Not blocked by a pipe that nobody writes to.
    pub(super) fn file(&self, path: &Path) -> io::Result<File> {
        self.resolve(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK, Mode::empty()).map(File::from)
    }

    /// Opens a directory below, made with its parents if `make` says so.
    pub(super) fn dir(&self, path: &Path, make: bool) -> io::Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let whole = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        match self.resolve(whole, flags, Mode::empty()) {
            Ok(dir) => Ok(Self(dir)),
            Err(err) if make && err.kind() == io::ErrorKind::NotFound => {
                let parent = self.dir(path.parent().unwrap_or(Path::new("")), true)?;
                let Some(name) = path.file_name() else { return Err(err) };
                match mkdirat(&parent.0, name, Mode::from_bits_truncate(0o777)) {
                    Ok(()) | Err(Errno::EEXIST) => {}
                    Err(err) => return Err(err.into()),
                }
                parent.resolve(Path::new(name), flags, Mode::empty()).map(Self)
            }
            Err(err) => Err(err),
        }
    }

    /// Replaces the file `name` as a whole.
    pub(super) fn replace(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let n = TEMPORARY.fetch_add(1, Ordering::Relaxed);
        let temporary = PathBuf::from(format!(".tenon-{}-{n}", std::process::id()));
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        let mut file =
            File::from(self.resolve(&temporary, flags, Mode::from_bits_truncate(0o666))?);
        let written = file
            .write_all(bytes)
            .and_then(|()| renameat(&self.0, &temporary, &self.0, name).map_err(io::Error::from));
        if written.is_err() {
            // The first error counts.
            let _ = unlinkat(&self.0, &temporary, UnlinkatFlags::NoRemoveDir);
        }
        written
    }

    /// Appends to the file `name`, made where missing.
    pub(super) fn append(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_APPEND | OFlag::O_NONBLOCK;
        let file = self.resolve(name, flags, Mode::from_bits_truncate(0o666))?;
        File::from(file).write_all(bytes)
    }

    /// Makes a symbolic link `name` to `target`. One that is there already stays.
    pub(super) fn link(&self, target: &Path, name: &Path) -> io::Result<()> {
        match nix::unistd::symlinkat(target, &self.0, name) {
            Ok(()) => Ok(()),
            Err(Errno::EEXIST) => {
                let there = nix::fcntl::readlinkat(&self.0, name)?;
                if Path::new(&there) == target {
                    return Ok(());
                }
                Err(io::Error::from(io::ErrorKind::AlreadyExists))
            }
            Err(err) => Err(err.into()),
        }
    }

    /// Returns a path to the directory that holds as long as it is open.
    pub(super) fn as_path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }

    /// Returns where the directory really is.
    pub(super) fn real_path(&self) -> io::Result<PathBuf> {
        std::fs::read_link(self.as_path())
    }

    fn resolve(&self, path: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .mode(mode)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        loop {
            match openat2(&self.0, path, how) {
                Ok(fd) => return Ok(fd),
                // A rename raced with the resolution: Linux asks to try again.
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(err) => return Err(err.into()),
            }
        }
    }
}

/// Returns whether there is something at `path`, without following a link at its end.
pub(super) fn exists(path: &Path) -> bool {
    nix::sys::stat::fstatat(nix::fcntl::AT_FDCWD, path, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok()
}
