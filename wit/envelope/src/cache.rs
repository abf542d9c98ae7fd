//! What a cache is asked and what it answers. The bytes themselves never cross the boundary.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::Header;

/// What archive is wanted (argument of `cache.find`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheQuery {
    /// `project/NAME` or `project/NAME/pipeline/NAME`.
    pub scope: String,
    pub key: String,
    /// Beginnings of keys, tried in order when there is no archive with the key itself.
    pub fallback_keys: Vec<String>,
    /// In ms since the Unix epoch; an archive that is found counts as used now.
    pub now_ms: u64,
}

/// Answer of `cache.find`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheHit {
    /// None is a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<CacheEntry>,
    /// Where the bytes are; there when `entry` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
}

/// A kept archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheEntry {
    /// Which may be longer than the fallback key that found it.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// Lower-case hex of the archive; empty when the backend does not know it.
    pub sha256: String,
    pub stored_at_ms: u64,
    pub used_at_ms: u64,
}

/// Where bytes are fetched from or sent to, by the kernel and under the plugin's grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "via", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Transfer {
    /// One request under the grant `http`: a response with the bytes, or a request that carries
    /// them. Header values may hold secret references.
    Http {
        method: String,
        url: String,
        #[serde(default)]
        headers: Vec<Header>,
    },
    /// A blob in a bucket of the grant `blob`.
    Blob { bucket: String, key: String },
}

/// A new archive (argument of `cache.offer`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheOffer {
    pub scope: String,
    pub key: String,
    pub size: u64,
    /// Lower-case hex of the archive.
    pub sha256: String,
    pub now_ms: u64,
    /// How long it should be kept after its last use; 0: as the cache is configured.
    pub keep_ms: u64,
}

/// Answer of `cache.offer`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CachePlace {
    /// Where the bytes go; none when the key is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// What `commit` gets back, at most 4 KiB.
    pub token: String,
}

/// The bytes have arrived (argument of `cache.commit`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheCommit {
    pub scope: String,
    pub key: String,
    pub size: u64,
    pub sha256: String,
    pub now_ms: u64,
    /// As `offer` gave it.
    pub token: String,
}

/// One archive (argument of `cache.remove`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheKey {
    pub scope: String,
    pub key: String,
}

/// Argument of `cache.list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheList {
    pub scope: String,
    /// The beginning of the keys; empty: all.
    pub prefix: String,
    /// The key to go on after; none: from the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most 1,000.
    pub limit: u32,
}

/// Answer of `cache.list`, sorted by key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheEntries {
    pub entries: Vec<CacheEntry>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// What must go (argument of `cache.prune`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CachePrune {
    pub scope: String,
    /// What was last used before this time goes; 0: nothing for its age.
    pub used_before_ms: u64,
    /// What is left has at most so many bytes, the oldest use going first; none: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_bytes: Option<u64>,
}

/// Answer of `cache.prune`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CachePruned {
    pub archives: u64,
    pub bytes: u64,
}
