//! Compiled plugins on disk: by digest of the plugin and settings of the engine.
//!
//! A compiled plugin is machine code. So it is loaded only with a code that proves that this
//! server's key wrote it, for this plugin and this engine; anything else is compiled anew.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::Component;
use wasmtime::{Engine, Result};

use crate::hmac::{hmac, same};

const KEY_FILE: &str = "machine.key";

/// A directory of compiled plugins.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens a cache, and makes its directory and key where they are missing.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let path = dir.join(KEY_FILE);
        let read = |path: &Path| fs::read(path).ok().and_then(|bytes| bytes.try_into().ok());
        let key = match read(&path) {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                File::open("/dev/urandom")?.read_exact(&mut key)?;
                // Another server may be faster: then its key counts. A file that is no key goes.
                if path.exists() {
                    fs::remove_file(&path)?;
                }
                let linked =
                    write_by(&path, &key, File::sync_all, |part, path| fs::hard_link(part, path));
                match linked {
                    Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
                    linked => linked?,
                }
                read(&path).unwrap_or(key)
            }
        };
        Ok(Self { dir: dir.to_owned(), key })
    }

    /// Returns the compiled plugin, from disk or from `bytes`.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        digest: &str,
        bytes: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> Result<Component> {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let settings = format!("{:016x}", hasher.finish());
        let dir = self.dir.join(digest);
        let file = dir.join(format!("{settings}.cwasm"));
        let proof = dir.join(format!("{settings}.mac"));
        let code =
            |compiled: &[u8]| hmac(&self.key, &[digest.as_bytes(), settings.as_bytes(), compiled]);
        if let (Ok(compiled), Ok(mac)) = (fs::read(&file), fs::read(&proof)) {
            if same(&code(&compiled), &mac) {
                drop(compiled);
                match load(engine, &file) {
                    Ok(component) => return Ok(component),
                    Err(err) => {
                        tracing::info!(digest, err = format!("{err:#}"), "compiling plugin anew");
                    }
                }
            } else {
                tracing::warn!(digest, "compiled plugin is damaged or foreign; compiling it anew");
            }
        }
        let wasm = bytes()?;
        let compiled = engine.precompile_component(&wasm)?;
        let stored = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .and_then(|()| replace(&file, &compiled))
            .and_then(|()| replace(&proof, &code(&compiled)));
        match stored {
            Ok(()) => load(engine, &file),
            Err(err) => {
                // A full disk costs time at the next start, but no call.
                tracing::warn!(digest, err = err.to_string(), "failed to keep compiled plugin");
                Component::from_binary(engine, &wasm)
            }
        }
    }
}

/// Replaces a file as a whole, and durably: readers see the old one or the new one.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, bytes, File::sync_all, |part, path| fs::rename(part, path))
}

/// Replaces a file as a whole, and does not wait for the disk: what a power cut leaves of it has
/// another proof, and is made anew.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, bytes, |_| Ok(()), |part, path| fs::rename(part, path))
}

/// Writes a file beside `path`, brings it to the disk with `sync`, and in place with `place`.
fn write_by(
    path: &Path,
    bytes: &[u8],
    sync: impl FnOnce(&File) -> io::Result<()>,
    place: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let part = path.with_extension(format!("{}-{number}.part", std::process::id()));
    let written = private(&part, bytes).and_then(|file| sync(&file));
    let placed = written.and_then(|()| place(&part, path));
    // Gone when it was renamed. What is left over is never read.
    let _ = fs::remove_file(&part);
    placed
}

/// Writes a new file that only this user can read.
fn private(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

#[expect(unsafe_code, reason = "loading machine code cannot be checked by the compiler")]
fn load(engine: &Engine, file: &Path) -> Result<Component> {
    // SAFETY: the file is the output of `precompile_component`: it was either written by this
    // process just now, or carries a code made with this server's key over its content, its plugin
    // and the engine's settings. It lies in a directory of mode 0700 and has mode 0600, so nobody
    // but this user, who could replace the server itself, can change it.
    unsafe { Component::deserialize_file(engine, file) }
}

#[cfg(test)]
mod tests;
