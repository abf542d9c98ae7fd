//! The server's own API, as plugins call it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::id::RunId;

use crate::store::StoreError;

/// A call of the API by a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiCall {
    /// The name of the binding.
    pub plugin: Arc<str>,
    /// The run that the plugin works for; whoever asked for that is who calls.
    pub run: Option<RunId>,
    pub method: String,
    /// Path and query.
    pub path: String,
    /// JSON, or empty.
    pub body: String,
}

/// What the API answered, whether it did it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAnswer {
    pub status: u16,
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("nobody asked for this, so there is nobody to act for: {why}")]
    Nobody { why: &'static str },
    #[error("this cannot be asked: {reason}")]
    Request { reason: String },
    #[error("the answer has more than {limit} bytes")]
    TooLong { limit: usize },
    #[error("the answer broke off: {reason}")]
    Broken { reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Calls the API with the identity, and the permissions, of who asked for the run.
#[async_trait]
pub trait ServerApi: Send + Sync {
    async fn api_call(&self, call: ApiCall, bytes_max: usize) -> Result<ApiAnswer, ApiError>;
}
