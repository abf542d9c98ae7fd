//! Ports that the measured calls never reach.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use kernel_host::Ports;
use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};
use kernel_ports::bucket::{
    BucketAt, BucketError, BucketItem, BucketLimits, BucketUpload, Buckets,
};
use kernel_ports::clock::System;
use kernel_ports::kv::{KvItem, KvStore};
use kernel_ports::secret::{SecretError, Secrets};
use kernel_ports::store::StoreError;
use kernel_ports::volume::{CacheScope, Entry, MountPoint, VolumeError, Volumes};

/// Refuses everything.
struct Unused;

pub(crate) fn unused() -> Ports {
    let (volumes, kv, secrets) = (Arc::new(Unused), Arc::new(Unused), Arc::new(Unused));
    let (buckets, clock) = (Arc::new(Unused), Arc::new(System::default()));
    Ports { volumes, kv, buckets, secrets, clock }
}

fn no_store() -> StoreError {
    StoreError::NotFound { what: "the store".into() }
}

fn no_volume() -> VolumeError {
    VolumeError::Name { found: String::new(), reason: "there are no volumes" }
}

#[async_trait]
impl Secrets for Unused {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        Err(SecretError::Missing { name: name.into() })
    }
}

#[async_trait]
impl KvStore for Unused {
    async fn kv_get(&self, _: &str, _: &str) -> Result<Option<KvItem>, StoreError> {
        Err(no_store())
    }

    async fn kv_set(&self, _: &str, _: &str, _: &[u8], _: Option<u64>) -> Result<u64, StoreError> {
        Err(no_store())
    }

    async fn kv_remove(&self, _: &str, _: &str) -> Result<(), StoreError> {
        Err(no_store())
    }

    async fn kv_clear(&self, _: &str) -> Result<(), StoreError> {
        Err(no_store())
    }

    async fn kv_list(
        &self,
        _: &str,
        _: &str,
        _: Option<&str>,
        _: u32,
    ) -> Result<Vec<String>, StoreError> {
        Err(no_store())
    }

    async fn kv_size(&self, _: &str) -> Result<u64, StoreError> {
        Err(no_store())
    }
}

#[async_trait]
impl Volumes for Unused {
    async fn volume_dir(&self, _: RunId, _: &str) -> Result<PathBuf, VolumeError> {
        Err(no_volume())
    }

    async fn work_dir(
        &self,
        _: RunId,
        _: StepNo,
        _: u32,
        _: &[MountPoint],
    ) -> Result<PathBuf, VolumeError> {
        Err(no_volume())
    }

    async fn work_subdir(&self, _: &Path, _: &str) -> Result<PathBuf, VolumeError> {
        Err(no_volume())
    }

    async fn work_dir_remove(&self, _: RunId, _: StepNo, _: u32) {}

    async fn run_remove(&self, _: RunId) {}

    async fn run_copy(&self, _: RunId, _: RunId) -> Result<bool, VolumeError> {
        Err(no_volume())
    }

    async fn read(
        &self,
        _: RunId,
        _: &str,
        _: &str,
        _: u64,
        _: usize,
    ) -> Result<Vec<u8>, VolumeError> {
        Err(no_volume())
    }

    async fn write(
        &self,
        _: RunId,
        _: &str,
        _: &str,
        _: &[u8],
        _: bool,
    ) -> Result<(), VolumeError> {
        Err(no_volume())
    }

    async fn list(&self, _: RunId, _: &str, _: &str) -> Result<Vec<Entry>, VolumeError> {
        Err(no_volume())
    }

    async fn remove(&self, _: RunId, _: &str, _: &str) -> Result<(), VolumeError> {
        Err(no_volume())
    }

    async fn set_executable(&self, _: RunId, _: &str, _: &str) -> Result<(), VolumeError> {
        Err(no_volume())
    }

    async fn cache_restore(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<bool, VolumeError> {
        Err(no_volume())
    }

    async fn cache_copy(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<bool, VolumeError> {
        Err(no_volume())
    }

    async fn cache_keep(
        &self,
        _: CacheScope,
        _: &str,
        _: RunId,
        _: &str,
    ) -> Result<(), VolumeError> {
        Err(no_volume())
    }

    async fn cache_forget(&self, _: WorkspaceId) {}
}

#[async_trait]
impl Buckets for Unused {
    async fn bucket_read(
        &self,
        _: &BucketAt,
        _: &str,
        _: u64,
        _: usize,
    ) -> Result<Vec<u8>, BucketError> {
        Err(no_store().into())
    }

    async fn bucket_info(&self, _: &BucketAt, _: &str) -> Result<Option<BucketItem>, BucketError> {
        Err(no_store().into())
    }

    async fn bucket_list(
        &self,
        _: &BucketAt,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<Vec<BucketItem>, BucketError> {
        Err(no_store().into())
    }

    async fn bucket_remove(&self, _: &BucketAt, _: &str) -> Result<(), BucketError> {
        Err(no_store().into())
    }

    async fn bucket_clear(&self, _: &Arc<str>) -> Result<(), BucketError> {
        Err(no_store().into())
    }

    async fn bucket_upload(
        &self,
        _: &BucketAt,
        _: &str,
        _: BucketLimits,
    ) -> Result<Box<dyn BucketUpload>, BucketError> {
        Err(no_store().into())
    }
}
