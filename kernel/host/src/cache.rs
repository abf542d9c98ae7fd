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

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasmtime::component::Component;
use wasmtime::{Engine, Result};

use crate::engine::{Engines, Tier};

const KEY_FILE: &str = "machine.key";

/// A directory of compiled plugins.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

/// Where the machine code of one plugin is kept, and what proves that it is that.
struct Place {
    dir: PathBuf,
    code: PathBuf,
    proof: PathBuf,
    mac: Hmac<Sha256>,
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

    /// Returns the best machine code that is kept for a plugin.
    pub(crate) fn find(&self, engine: &Engine, digest: &str) -> Option<(Component, Tier)> {
        let kept = |tier| Some((self.place(engine, digest, tier).load(engine, digest)?, tier));
        kept(Tier::Optimized).or_else(|| kept(Tier::Baseline))
    }

    /// Compiles a plugin, and keeps its machine code, in the place of what is not as good.
    pub(crate) fn compile(
        &self,
        engines: &Engines,
        digest: &str,
        wasm: &[u8],
        tier: Tier,
    ) -> Result<Component> {
        let compiled = engines.compile(wasm, tier)?;
        let engine = &engines.serving;
        let place = self.place(engine, digest, tier);
        if let Err(err) = place.keep(&compiled) {
            // A full disk costs time at the next start, but no call.
            tracing::warn!(digest, err = err.to_string(), "failed to keep compiled plugin");
            return load_made(engine, &compiled);
        }
        if tier == Tier::Optimized {
            self.place(engine, digest, Tier::Baseline).clear();
        }
        // Somebody may have tidied up meanwhile.
        load(engine, &place.code).or_else(|_| load_made(engine, &compiled))
    }

    /// Removes what is kept for a plugin that is gone.
    pub(crate) fn forget(&self, digest: &str) {
        match fs::remove_dir_all(self.dir.join(digest)) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                let err = err.to_string();
                tracing::warn!(digest, err, "machine code of a plugin that is gone stays");
            }
            _ => {}
        }
    }

    fn place(&self, engine: &Engine, digest: &str, tier: Tier) -> Place {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let settings = format!("{:016x}", hasher.finish());
        let name = match tier {
            Tier::Baseline => format!("{settings}-baseline"),
            Tier::Optimized => settings,
        };
        let dir = self.dir.join(digest);
        let (code, proof) = (dir.join(format!("{name}.cwasm")), dir.join(format!("{name}.mac")));
        // RFC 2104 fills a short key up with zeros.
        let mut key = [0; 64];
        key[..self.key.len()].copy_from_slice(&self.key);
        let mac = Hmac::new(&key.into()).chain_update(digest).chain_update(name);
        Place { dir, code, proof, mac }
    }
}

impl Place {
    fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let (compiled, proof) = (fs::read(&self.code).ok()?, fs::read(&self.proof).ok()?);
        if self.mac.clone().chain_update(&compiled).verify_slice(&proof).is_err() {
            tracing::warn!(digest, "compiled plugin is damaged or foreign; compiling it anew");
            return None;
        }
        drop(compiled);
        let loaded = load(engine, &self.code);
        if let Err(err) = &loaded {
            tracing::info!(digest, err = format!("{err:#}"), "compiling plugin anew");
        }
        loaded.ok()
    }

    fn keep(&self, compiled: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
        replace(&self.code, compiled)?;
        let proof = self.mac.clone().chain_update(compiled).finalize().into_bytes();
        replace(&self.proof, &proof)
    }

    /// Removes what is kept here, if anything is.
    fn clear(&self) {
        // What stays is never looked at while there is better code.
        let _ = (fs::remove_file(&self.code), fs::remove_file(&self.proof));
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

#[expect(unsafe_code, reason = "loading machine code cannot be checked by the compiler")]
fn load_made(engine: &Engine, compiled: &[u8]) -> Result<Component> {
    // SAFETY: the bytes are the output of `precompile_component`, made by this process just now.
    unsafe { Component::deserialize(engine, compiled) }
}

#[cfg(test)]
mod tests;
