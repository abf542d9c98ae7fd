//! Where caches are kept, and how long anything is.

use crate::kind::Kind;
use crate::setting::Setting;

const CACHES: &str = "caches outside of the data folder";
const RETENTION: &str = "retention";

rows! {
    CACHE_S3_BUCKET = Setting::new(
        "cache.s3_bucket", "cache-s3-bucket", "TENON_CACHE_S3_BUCKET", Kind::Text,
        "Bucket of caches",
    ).later(CACHES);
    CACHE_S3_ENDPOINT = Setting::new(
        "cache.s3_endpoint", "cache-s3-endpoint", "TENON_CACHE_S3_ENDPOINT", Kind::Url,
        "URL of a server that speaks S3",
    ).later(CACHES);
    CACHE_S3_REGION = Setting::new(
        "cache.s3_region", "cache-s3-region", "TENON_CACHE_S3_REGION", Kind::Text,
        "Region of the bucket",
    ).later(CACHES);
    CACHE_S3_ACCESS_KEY_ID = Setting::new(
        "cache.s3_access_key_id", "cache-s3-access-key-id", "TENON_CACHE_S3_ACCESS_KEY_ID",
        Kind::Text, "Who reads and writes the bucket",
    ).later(CACHES);
    CACHE_S3_SECRET_ACCESS_KEY = Setting::new(
        "cache.s3_secret_access_key", "cache-s3-secret-access-key",
        "TENON_CACHE_S3_SECRET_ACCESS_KEY", Kind::Text, "The key of that",
    ).secret().later(CACHES);
    CACHE_S3_PREFIX = Setting::new(
        "cache.s3_prefix", "cache-s3-prefix", "TENON_CACHE_S3_PREFIX", Kind::Text,
        "What the names of objects begin with",
    ).later(CACHES);
    CACHE_TTL = Setting::new(
        "cache.ttl", "cache-ttl", "TENON_CACHE_TTL", Kind::Duration { min_ms: 0 },
        "Time after which a cache is removed; 0 keeps it",
    ).default("0s").later(CACHES);
    CACHE_COMPRESSION = Setting::new(
        "cache.compression", "cache-compression", "TENON_CACHE_COMPRESSION",
        Kind::Choice(&["zstd", "gzip", "none"]), "How caches are compressed",
    ).default("zstd").later(CACHES);
    CACHE_KEY_PREFIX = Setting::new(
        "cache.key_prefix", "cache-key-prefix", "TENON_CACHE_KEY_PREFIX", Kind::Text,
        "What the keys of caches begin with",
    ).later(CACHES);
    RETENTION_INTERVAL = Setting::new(
        "retention.interval", "retention-interval", "TENON_RETENTION_INTERVAL",
        Kind::Duration { min_ms: 1_000 }, "Time between two looks for what is too old",
    ).default("2m").later(RETENTION);
    RETENTION_RUNS = Setting::new(
        "retention.runs", "retention-runs", "TENON_RETENTION_RUNS",
        Kind::Duration { min_ms: 0 }, "How long runs are kept; 0 keeps them",
    ).default("0s").later(RETENTION);
    RETENTION_AUDIT = Setting::new(
        "retention.audit", "retention-audit", "TENON_RETENTION_AUDIT",
        Kind::Duration { min_ms: 0 },
        "How long the audit log is kept, 14 days at the least; 0 keeps it for ever",
    ).default("0s");
}
