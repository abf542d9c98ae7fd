//! Texts of the outside.

use async_trait::async_trait;

/// Why a text could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{url:?} is not allowed: {reason}")]
    Denied { url: String, reason: String },
    #[error("{url:?} answered {status}")]
    Status { url: String, status: u16 },
    #[error("{url:?} is larger than {limit} bytes")]
    TooLarge { url: String, limit: usize },
    #[error("failed to fetch {url:?}")]
    Io {
        url: String,
        #[source]
        err: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Fetches texts by `http` and `https` from public addresses.
#[async_trait]
pub trait Fetch: Send + Sync {
    async fn fetch(&self, url: &str, bytes_max: usize) -> Result<String, FetchError>;
    /// The same for what lies at this very address: a redirect is an answer like others.
    async fn fetch_here(&self, url: &str, bytes_max: usize) -> Result<String, FetchError>;
}
