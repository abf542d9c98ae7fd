//! Keeps files of volumes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use kernel_model::id::RunId;
use kernel_ports::store::StoreError;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use wit_envelope::policy::ArtifactRule;

use super::pattern::Pattern;
use super::{BlobStore, LEVEL, key};
use crate::storage::Storage;
use crate::volume::{Beneath, volume_name};
use crate::{digest, failure};

const BUFFER_BYTES: usize = 256 << 10;
/// How many packed pieces may wait for the service.
const PIECES: usize = 4;
const PIECE_BYTES: usize = 256 << 10;

/// A file to keep.
pub(crate) struct Kept {
    /// As the artifact will be called.
    pub(crate) name: String,
    path: String,
    volume: Arc<Beneath>,
}

impl Storage {
    /// Finds the files that rules name, in order.
    pub(super) async fn artifact_files(
        &self,
        run: RunId,
        rules: &[ArtifactRule],
    ) -> Result<Vec<Kept>, StoreError> {
        let (layout, rules) = (self.layout.clone(), rules.to_vec());
        let found = spawn_blocking(move || {
            let mut found = Vec::new();
            for rule in &rules {
                let ArtifactRule { volume, pattern, label } = rule;
                let what = format!("a file that fits {pattern:?} in the volume {volume:?}");
                let missing = || StoreError::NotFound { what: what.clone() };
                volume_name(volume)
                    .map_err(|err| StoreError::NotFound { what: err.to_string() })?;
                let parsed = Pattern::parse(pattern)
                    .map_err(|reason| StoreError::NotFound { what: format!("{what}: {reason}") })?;
                let dir = layout.volume(run, volume);
                let walked = Beneath::open(&dir).and_then(|beneath| {
                    let files = beneath.files(&|folder| parsed.reaches(folder))?;
                    Ok((Arc::new(beneath), files))
                });
                let (beneath, mut files) = match walked {
                    Err(err) if err.kind() == io::ErrorKind::NotFound => return Err(missing()),
                    walked => walked
                        .map_err(|err| failure::io_error(format!("look for {what}"), &dir, err))?,
                };
                files.retain(|path| parsed.fits(path));
                if files.is_empty() {
                    return Err(missing());
                }
                files.sort_unstable();
                let label = label.as_ref().unwrap_or(volume);
                found.extend(files.into_iter().map(|path| Kept {
                    name: format!("{label}/{path}"),
                    path,
                    volume: Arc::clone(&beneath),
                }));
            }
            Ok(found)
        });
        found.await.map_err(failure::task_lost)?
    }
}

impl BlobStore {
    /// Keeps a file, and returns its digest and size. A content that is kept already is not written
    /// again, so the file is read for its digest first.
    pub(super) async fn keep_file(&self, kept: Kept) -> Result<(Arc<str>, u64), StoreError> {
        let Kept { name, path, volume } = kept;
        let action = format!("keep the artifact {name:?}");
        let lost = |err| failure::io_error(action.clone(), &self.path, err);
        let hashed = spawn_blocking(move || {
            let file = volume.open_file(&path)?;
            let hashed = hash(&file)?;
            Ok((file, hashed))
        });
        let (file, (sha256, size)) = hashed.await.map_err(failure::task_lost)?.map_err(lost)?;
        if self.has(&sha256).await? {
            return Ok((sha256.into(), size));
        }
        let (pieces, mut packed) = mpsc::channel(PIECES);
        let packing = spawn_blocking(move || pack(&file, &pieces));
        let service = |err| self.lost(action.clone(), err);
        let mut writer = self.operator.writer(&key(&sha256)).await.map_err(service)?;
        let mut written = Ok(());
        while let Some(piece) = packed.recv().await {
            written = writer.write(piece).await;
            if written.is_err() {
                break;
            }
        }
        // Lets the packing end if the writing has failed.
        drop(packed);
        let repacked = packing.await.map_err(failure::task_lost)?;
        let outcome = match (written, repacked) {
            (Err(err), _) => Err(service(err)),
            (Ok(()), Err(err)) => Err(lost(err)),
            (Ok(()), Ok(again)) if again != sha256 => {
                Err(lost(io::Error::other("it was changed while it was kept")))
            }
            (Ok(()), Ok(_)) => Ok((sha256.into(), size)),
        };
        match &outcome {
            Ok(_) => writer.close().await.map(drop).map_err(service)?,
            // What cannot be removed now is removed by the next start.
            Err(_) => drop(writer.abort().await),
        }
        outcome
    }
}

fn hash(mut file: &File) -> io::Result<(String, u64)> {
    let (mut sha256, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((digest::hex(&sha256.finalize().into()), size)),
            n => {
                sha256.update(&buffer[..n]);
                size += n as u64;
            }
        }
    }
}

/// Compresses a file from its beginning into `pieces`; returns the digest of what it has read.
fn pack(mut file: &File, pieces: &mpsc::Sender<Bytes>) -> io::Result<String> {
    io::Seek::rewind(&mut file)?;
    let mut sha256 = Sha256::new();
    let mut encoder = zstd::Encoder::new(Vec::with_capacity(PIECE_BYTES), LEVEL)?;
    encoder.include_checksum(true)?;
    let gone = |_| io::Error::other("the blob could not be written");
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        sha256.update(&buffer[..n]);
        encoder.write_all(&buffer[..n])?;
        if encoder.get_ref().len() >= PIECE_BYTES {
            let piece = std::mem::replace(encoder.get_mut(), Vec::with_capacity(PIECE_BYTES));
            pieces.blocking_send(piece.into()).map_err(gone)?;
        }
    }
    pieces.blocking_send(encoder.finish()?.into()).map_err(gone)?;
    Ok(digest::hex(&sha256.finalize().into()))
}
