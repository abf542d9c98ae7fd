//! What plugins send to the outside, when something else than the network answers them.

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

/// A connection that is none of the network.
pub trait Wire: Send + Sync {
    /// Returns at most `max` bytes; none are the end.
    fn read(&mut self, max: usize) -> Vec<u8>;
    fn write(&mut self, bytes: &[u8]);
}

/// Answers in place of the network.
#[async_trait]
pub trait Egress: Send + Sync {
    async fn send(&self, request: EgressRequest) -> Result<EgressResponse, EgressError>;
    /// Connects to a host and a port, such as `db.example.com:5432`.
    async fn dial(&self, place: &str, tls: bool) -> Result<Box<dyn Wire>, EgressError>;
}
