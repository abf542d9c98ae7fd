//! Buckets: bytes by key, of plugin bindings.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::time::Time;

use crate::store::StoreError;

/// A bucket of a binding. One binding never sees those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAt {
    /// The name of the binding.
    pub owner: Arc<str>,
    /// Without a slash.
    pub name: Arc<str>,
}

/// What all buckets of a binding may hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketLimits {
    pub bytes: u64,
    pub keys: usize,
}

/// What is known of a stored blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketItem {
    pub key: String,
    pub size: u64,
    pub stored_at: Time,
}

/// Why a bucket did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("there is no blob {key:?}")]
    NotFound { key: String },
    #[error("the buckets of {owner} would hold more than {limit}; remove some of what is there")]
    Limit { owner: Arc<str>, limit: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps buckets. A bucket is there as soon as something is in it.
#[async_trait]
pub trait Buckets: Send + Sync {
    /// Reads at most `max` bytes from `offset`. Fewer mean the end.
    async fn bucket_read(
        &self,
        at: &BucketAt,
        key: &str,
        offset: u64,
        max: usize,
    ) -> Result<Vec<u8>, BucketError>;
    async fn bucket_info(
        &self,
        at: &BucketAt,
        key: &str,
    ) -> Result<Option<BucketItem>, BucketError>;
    /// Lists blobs with a prefix in byte order of their keys, after `after`.
    async fn bucket_list(
        &self,
        at: &BucketAt,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<BucketItem>, BucketError>;
    /// Removes a blob. Not there is fine.
    async fn bucket_remove(&self, at: &BucketAt, key: &str) -> Result<(), BucketError>;
    /// Removes all buckets of a binding.
    async fn bucket_clear(&self, owner: &Arc<str>) -> Result<(), BucketError>;
    /// Begins to store a blob.
    async fn bucket_upload(
        &self,
        at: &BucketAt,
        key: &str,
        limits: BucketLimits,
    ) -> Result<Box<dyn BucketUpload>, BucketError>;
}

/// A blob that is being stored. Dropped before its end, it was never there.
#[async_trait]
pub trait BucketUpload: Send + Sync {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), BucketError>;
    /// Makes the blob durable, and puts it in the place of an older one.
    async fn finish(self: Box<Self>) -> Result<BucketItem, BucketError>;
}
