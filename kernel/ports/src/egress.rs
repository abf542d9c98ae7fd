//! Requests of plugins to the outside, when something else than the network answers them.

use async_trait::async_trait;

/// A request that its plugin may send, with the values of secrets in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What it is answered with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    #[error("{reason}")]
    Unavailable { reason: String },
    #[error("{host} did not answer in time")]
    Timeout { host: String },
}

/// Answers requests in place of the network.
#[async_trait]
pub trait Egress: Send + Sync {
    async fn send(&self, request: EgressRequest) -> Result<EgressResponse, EgressError>;
}
