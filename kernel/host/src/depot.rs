//! The binaries of installed plugins: files by digest, written as a whole, checked when read.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::cache::write;
use crate::inspect::digest;

/// A directory of binaries.
#[derive(Debug)]
pub(crate) struct Depot {
    dir: PathBuf,
}

impl Depot {
    /// Opens a depot, and makes its directory where it is missing.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Returns where the binary of a digest lies.
    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.dir.join(format!("{digest}.wasm"))
    }

    /// Keeps a binary; it is on the disk when this returns.
    pub(crate) fn put(&self, sha256: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(sha256);
        if fs::read(&path).is_ok_and(|kept| digest(&kept) == sha256) {
            return Ok(());
        }
        write(&path, bytes)?;
        // The name must be on the disk too, before a database speaks of it.
        File::open(&self.dir)?.sync_all()
    }

    /// Keeps the signature that came with a binary.
    pub(crate) fn put_proof(&self, sha256: &str, proof: &[u8]) -> io::Result<()> {
        write(&self.dir.join(format!("{sha256}.proof")), proof)
    }

    /// Returns the signature that came with a binary.
    pub(crate) fn proof(&self, sha256: &str) -> Option<Vec<u8>> {
        fs::read(self.dir.join(format!("{sha256}.proof"))).ok()
    }

    /// Returns the bytes of a digest, if they are still those.
    pub(crate) fn read(&self, sha256: &str) -> io::Result<Vec<u8>> {
        read_checked(&self.path(sha256), sha256)
    }

    /// Removes the files of all but these digests: what an installation left that was cut short.
    /// What is nothing of ours stays.
    pub(crate) fn sweep(&self, keep: &HashSet<&str>) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if is_ours(&path) && !keep.contains(stem) {
                tracing::info!(path = %path.display(), "removing a binary that no plugin is");
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// Returns whether a path is one that the depot writes: a binary, a proof, or what is written of one.
fn is_ours(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    match ending {
        "wasm" | "proof" => is_digest(stem),
        "part" => stem.split_once('.').is_some_and(|(digest, _)| is_digest(digest)),
        _ => false,
    }
}

/// Returns the bytes of a file, if they have the digest.
pub(crate) fn read_checked(path: &Path, sha256: &str) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path).map_err(|err| {
        let path = path.display();
        io::Error::new(err.kind(), format!("{path}: {err}; install the plugin again"))
    })?;
    if digest(&bytes) == sha256 {
        return Ok(bytes);
    }
    Err(io::Error::other(format!(
        "{} is damaged: its bytes are not those that were installed; install the plugin again",
        path.display()
    )))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Depot;
    use crate::inspect::digest;

    #[test]
    fn bytes_come_back_as_they_were_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let depot = Depot::open(&dir.path().join("plugins")).unwrap();
        let sha256 = digest(b"one");
        depot.put(&sha256, b"one").unwrap();
        assert_eq!(depot.read(&sha256).unwrap(), b"one");
        std::fs::write(depot.path(&sha256), b"two").unwrap();
        let err = depot.read(&sha256).unwrap_err().to_string();
        assert!(err.contains("is damaged"), "{err}");
        // Installing it again mends it.
        depot.put(&sha256, b"one").unwrap();
        assert_eq!(depot.read(&sha256).unwrap(), b"one");
    }

    #[test]
    fn what_no_plugin_is_goes_and_the_rest_stays() {
        let dir = tempfile::tempdir().unwrap();
        let depot = Depot::open(dir.path()).unwrap();
        let (kept, gone) = (digest(b"kept"), digest(b"gone"));
        depot.put(&kept, b"kept").unwrap();
        depot.put_proof(&kept, b"by me").unwrap();
        depot.put(&gone, b"gone").unwrap();
        std::fs::write(dir.path().join(format!("{gone}.1-0.part")), b"go").unwrap();
        // A file system of its own has such a folder; a person may leave a file.
        std::fs::create_dir(dir.path().join("lost+found")).unwrap();
        std::fs::write(dir.path().join("notes.txt"), b"mine").unwrap();
        depot.sweep(&HashSet::from([kept.as_str()])).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4);
        assert_eq!(depot.proof(&kept).unwrap(), b"by me");
    }
}
