//! Small durable maps of plugin bindings.

use async_trait::async_trait;

use crate::store::StoreError;

/// A value and its version, which counts up from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KvItem {
    pub value: Vec<u8>,
    pub version: u64,
}

/// Keeps a map per namespace.
#[async_trait]
pub trait KvStore: Send + Sync {
    async fn kv_get(&self, namespace: &str, key: &str) -> Result<Option<KvItem>, StoreError>;
    /// Sets a value, with `seen` only if that is still its version (0: not there), else
    /// [`StoreError::Conflict`]. Returns the new version.
    async fn kv_set(
        &self,
        namespace: &str,
        key: &str,
        value: &[u8],
        seen: Option<u64>,
    ) -> Result<u64, StoreError>;
    async fn kv_remove(&self, namespace: &str, key: &str) -> Result<(), StoreError>;
    /// Removes all values of a namespace.
    async fn kv_clear(&self, namespace: &str) -> Result<(), StoreError>;
    /// Lists keys with a prefix in byte order, after `after`.
    async fn kv_list(
        &self,
        namespace: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError>;
    /// Returns the sum of the sizes of keys and values, in bytes.
    async fn kv_size(&self, namespace: &str) -> Result<u64, StoreError>;
}
