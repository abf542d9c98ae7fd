//! Bundles: packages in one file, for servers that no network reaches.
//!
//! A bundle is a tar, compressed by zstd: `index.json` first, then `blobs/<digest>` for everything
//! that the index names. What it holds is believed no more than what comes over a network.
//!
//! Invariants:
//! - An archive's paths are compared, never used.
//! - What is unpacked is bounded, whatever the archive says of itself.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::lock::Entry;
use crate::package::Package;
use crate::signature::{self, Signature};

const VERSION: u32 = 1;
const INDEX: &str = "index.json";
const BLOBS: &str = "blobs/";
const INDEX_BYTES: u64 = 4 * 1024 * 1024;
/// Of what a bundle unpacks to.
const TOTAL_BYTES: u64 = 1024 * 1024 * 1024;
/// Packages, with their manifests and signatures.
const BLOBS_MAX: usize = 4096;
/// As `zstd --long` makes them at the most; more is memory that an archive asks for.
const WINDOW_LOG: u32 = 27;
const LEVEL: i32 = 9;

/// A package with what the lock file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundled {
    pub name: String,
    pub version: String,
    pub package: Package,
}

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is nothing to put into a bundle; name plugins that are installed")]
    Nothing,
    #[error("failed to write the bundle")]
    Write(#[source] io::Error),
}

/// Why a bundle cannot be used. Nothing of it was used then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("failed to read the bundle; it is damaged, or no bundle (tar, compressed by zstd)")]
    Read(#[source] io::Error),
    #[error("the bundle begins with {found:?}, not with {INDEX:?}; export it again")]
    NoIndex { found: String },
    #[error("the bundle's index cannot be read: {reason}")]
    Index { reason: String },
    #[error("the bundle has the version {version}, which is newer than this program; update it")]
    Newer { version: u32 },
    #[error("the bundle holds {path:?}, which does not belong into one; it is refused whole")]
    Path { path: String },
    #[error("the bundle unpacks to more than {limit} bytes; it is refused whole")]
    TooLarge { limit: u64 },
    #[error("the bundle holds more than {BLOBS_MAX} files; it is refused whole")]
    TooMany,
    #[error("the bundle's {wanted} has the digest {found}; it was changed, so it is refused whole")]
    Digest { wanted: Digest, found: Digest },
    #[error("the bundle lacks {digest}, which {name} needs; export it again")]
    Missing { name: String, digest: Digest },
    #[error("the bundle's manifest of {name} names other bytes; it is refused whole")]
    Foreign { name: String },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    plugins: Vec<Stored>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    version: String,
    origin: String,
    component: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    artifact: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<StoredSignature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum StoredSignature {
    Cosign { payload: String, signature: String },
    Minisign { signature: String },
    Detached { signature: String },
}

/// Writes packages into a bundle; the same packages give the same bytes.
///
/// # Errors
/// Fails when there is none, or the place is full.
pub fn export(packages: &[Bundled], to: impl Write) -> Result<(), ExportError> {
    if packages.is_empty() {
        return Err(ExportError::Nothing);
    }
    let mut blobs = BTreeMap::new();
    let mut keep = |bytes: &[u8]| {
        let digest = Digest::of(bytes);
        blobs.insert(digest, bytes.to_vec());
        digest.to_string()
    };
    let plugins = packages.iter().map(|bundled| {
        let package = &bundled.package;
        let signatures = package.signatures.iter().map(|signature| match signature {
            Signature::Simple { payload, signature } => {
                StoredSignature::Cosign { payload: keep(payload), signature: keep(signature) }
            }
            Signature::Minisign(text) => {
                StoredSignature::Minisign { signature: keep(text.as_bytes()) }
            }
            Signature::Detached(bytes) => StoredSignature::Detached { signature: keep(bytes) },
        });
        let signatures = signatures.collect();
        Stored {
            name: bundled.name.clone(),
            version: bundled.version.clone(),
            origin: package.origin.clone(),
            component: keep(&package.bytes),
            artifact: package.artifact().map(&mut keep),
            signatures,
        }
    });
    let index = Index { version: VERSION, plugins: plugins.collect() };
    write(&index, &blobs, to).map_err(ExportError::Write)
}

fn write(index: &Index, blobs: &BTreeMap<Digest, Vec<u8>>, to: impl Write) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(to, LEVEL)?;
    // The index has no digest that names it, so that a flipped bit must show otherwise.
    encoder.include_checksum(true)?;
    let mut archive = tar::Builder::new(encoder);
    append(&mut archive, INDEX, &serde_json::to_vec_pretty(index)?)?;
    for (digest, bytes) in blobs {
        append(&mut archive, &format!("{BLOBS}{}", digest.hex()), bytes)?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn append(archive: &mut tar::Builder<impl Write>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::Regular);
    archive.append_data(&mut header, path, bytes)
}

/// Reads a bundle whole and checks it against its own index. Whether its packages are trusted is
/// for a trust store to say.
///
/// # Errors
/// Fails on the first thing that is not as it should be.
pub fn import(from: impl Read) -> Result<Vec<Bundled>, ImportError> {
    let mut decoder = zstd::Decoder::new(from).map_err(ImportError::Read)?;
    decoder.window_log_max(WINDOW_LOG).map_err(ImportError::Read)?;
    // One byte more than may be, so that the end of the limit is not taken for the end of the file.
    let mut archive = tar::Archive::new(decoder.take(TOTAL_BYTES + 1));
    let mut entries = archive.entries().map_err(ImportError::Read)?;
    let mut left = TOTAL_BYTES;
    let index = match entries.next() {
        Some(entry) => {
            let (path, bytes) = entry_read(entry, &mut left)?;
            if path != INDEX {
                return Err(ImportError::NoIndex { found: path });
            }
            index(&bytes)?
        }
        None => return Err(ImportError::NoIndex { found: String::new() }),
    };
    let mut blobs = BTreeMap::new();
    for entry in entries {
        let (path, bytes) = entry_read(entry, &mut left)?;
        let hex = path.strip_prefix(BLOBS);
        let wanted = hex.and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok());
        let wanted = wanted.ok_or(ImportError::Path { path })?;
        let found = Digest::of(&bytes);
        if found != wanted {
            return Err(ImportError::Digest { wanted, found });
        }
        if blobs.len() == BLOBS_MAX {
            return Err(ImportError::TooMany);
        }
        blobs.insert(wanted, bytes);
    }
    // The checksum stands at the very end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(ImportError::Read)?;
    // Several entries may name the same bytes, and each gets its own.
    let (mut plugins, mut left) = (Vec::new(), TOTAL_BYTES);
    for stored in index.plugins {
        let bundled = stored.read(&blobs)?;
        let size = bundled.package.bytes.len() as u64;
        left = left.checked_sub(size).ok_or(ImportError::TooLarge { limit: TOTAL_BYTES })?;
        if plugins.len() == BLOBS_MAX {
            return Err(ImportError::TooMany);
        }
        plugins.push(bundled);
    }
    Ok(plugins)
}

fn index(bytes: &[u8]) -> Result<Index, ImportError> {
    let wrong = |reason: String| ImportError::Index { reason };
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|err| wrong(err.to_string()))?;
    // The version first: a newer index may hold what this program does not know.
    match value["version"].as_u64().and_then(|version| u32::try_from(version).ok()) {
        Some(version) if version > VERSION => return Err(ImportError::Newer { version }),
        Some(_) => {}
        None => return Err(wrong("it names no version".to_owned())),
    }
    serde_json::from_value(value).map_err(|err| wrong(err.to_string()))
}

/// Reads one file of the archive: its path as text, and its bytes.
fn entry_read<R: Read>(
    entry: io::Result<tar::Entry<'_, R>>,
    left: &mut u64,
) -> Result<(String, Vec<u8>), ImportError> {
    let entry = entry.map_err(ImportError::Read)?;
    let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    if entry.header().entry_type() != tar::EntryType::Regular {
        return Err(ImportError::Path { path });
    }
    let too_large = ImportError::TooLarge { limit: TOTAL_BYTES };
    let limit = if path == INDEX { INDEX_BYTES.min(*left) } else { *left };
    if entry.size() > limit {
        return Err(too_large);
    }
    // What it says of its size is not believed: it is read, not reserved.
    let size = entry.size();
    let mut bytes = Vec::new();
    entry.take(limit).read_to_end(&mut bytes).map_err(ImportError::Read)?;
    if bytes.len() as u64 != size {
        return Err(ImportError::Read(io::ErrorKind::UnexpectedEof.into()));
    }
    *left -= size;
    Ok((path, bytes))
}

impl Stored {
    fn read(self, blobs: &BTreeMap<Digest, Vec<u8>>) -> Result<Bundled, ImportError> {
        let name = self.name;
        let blob = |digest: &str| {
            let digest: Digest = digest
                .parse()
                .map_err(|err| ImportError::Index { reason: format!("{name}: {err}") })?;
            let bytes = blobs.get(&digest).cloned();
            bytes.ok_or_else(|| ImportError::Missing { name: name.clone(), digest })
        };
        let small = |digest: &str| {
            let bytes = blob(digest)?;
            match bytes.len() {
                0..=signature::BYTES_MAX => Ok(bytes),
                _ => Err(ImportError::TooLarge { limit: signature::BYTES_MAX as u64 }),
            }
        };
        let mut signatures = Vec::new();
        for stored in self.signatures.into_iter().take(signature::COUNT_MAX) {
            signatures.push(match stored {
                StoredSignature::Cosign { payload, signature } => {
                    Signature::Simple { payload: small(&payload)?, signature: small(&signature)? }
                }
                StoredSignature::Minisign { signature } => {
                    Signature::Minisign(String::from_utf8_lossy(&small(&signature)?).into_owned())
                }
                StoredSignature::Detached { signature } => Signature::Detached(small(&signature)?),
            });
        }
        let mut package = Package::new(blob(&self.component)?, self.origin, signatures);
        if let Some(artifact) = &self.artifact {
            package = package
                .with_artifact(blob(artifact)?)
                .map_err(|_| ImportError::Foreign { name: name.clone() })?;
        }
        Ok(Bundled { name, version: self.version, package })
    }
}

impl Bundled {
    /// Returns what a lock file pins of it.
    #[must_use]
    pub fn entry(&self, signer: Option<String>) -> Entry {
        Entry {
            name: self.name.clone(),
            version: self.version.clone(),
            origin: self.package.origin.clone(),
            digest: self.package.digest,
            signer,
        }
    }
}

#[cfg(test)]
mod tests;
