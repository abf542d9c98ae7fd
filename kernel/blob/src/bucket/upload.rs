//! A blob that is being stored: a file of its own until it is complete.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use kernel_ports::bucket::{BucketError, BucketItem, BucketLimits, BucketUpload};
use kernel_ports::store::StoreError;
use tokio::task::spawn_blocking;

use super::index::{Held, NEW, stored_at};
use super::{Owner, head};
use crate::failure;

/// Tells the files apart that are being written.
static NUMBER: AtomicU64 = AtomicU64::new(0);

pub(super) struct Upload {
    owner: Arc<Owner>,
    path: String,
    key: String,
    limits: BucketLimits,
    temporary: PathBuf,
    /// None: the last write did not end.
    file: Option<File>,
    size: u64,
}

impl Upload {
    pub(super) async fn begin(
        owner: Arc<Owner>,
        path: String,
        key: String,
        limits: BucketLimits,
    ) -> Result<Self, BucketError> {
        let begun = owner.with(|index| index.begin(&path, limits));
        begun.map_err(|limit| too_much(&owner, limit))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = owner.dir.join(format!("{number}.{NEW}"));
        // From here on, dropping it gives everything back.
        let mut upload = Self { owner, path, key, limits, temporary, file: None, size: 0 };
        let (place, head) = (upload.temporary.clone(), head(&upload.path));
        let create = move || {
            if let Some(dir) = place.parent() {
                fs::create_dir_all(dir)?;
            }
            let mut file = File::create_new(&place)?;
            file.write_all(&head)?;
            Ok(file)
        };
        upload.file = Some(upload.blocking("begin a blob", create).await?);
        Ok(upload)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        action: &str,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let worked = spawn_blocking(work).await.map_err(failure::task_lost)?;
        worked.map_err(|err| self.owner.lost(action, err))
    }

    fn file(&mut self) -> Result<File, StoreError> {
        let broken = || io::Error::other("an earlier write of it failed");
        self.file.take().ok_or_else(|| self.owner.lost("go on with a blob", broken()))
    }
}

#[async_trait]
impl BucketUpload for Upload {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), BucketError> {
        let (length, limits) = (bytes.len() as u64, self.limits);
        let reserved = self.owner.with(|index| index.reserve(&self.path, length, limits));
        reserved.map_err(|limit| too_much(&self.owner, limit))?;
        self.size += length;
        let mut file = self.file()?;
        let write = move || file.write_all(&bytes).map(|()| file);
        self.file = Some(self.blocking("write a blob", write).await?);
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<BucketItem, BucketError> {
        let file = self.file()?;
        let owner = Arc::clone(&self.owner);
        let _changing = owner.change.lock().await;
        let (temporary, place) = (self.temporary.clone(), owner.file(&self.path));
        let keep = move || {
            file.sync_all()?;
            fs::rename(&temporary, &place)?;
            sync_folder(&place)?;
            stored_at(&place)
        };
        let stored_at = self.blocking("keep a blob", keep).await?;
        let held = Held { size: self.size, stored_at };
        owner.with(|index| index.insert(self.path.clone(), held));
        Ok(held.item(&self.key))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.owner.with(|index| index.end(self.size));
        // Kept under its name by now, or never made: either way there is nothing to be done.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn too_much(owner: &Owner, limit: String) -> BucketError {
    BucketError::Limit { owner: Arc::clone(&owner.name), limit }
}

/// Makes a new name durable.
fn sync_folder(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(dir) => File::open(dir)?.sync_all(),
        None => Ok(()),
    }
}
