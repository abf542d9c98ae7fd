//! The server's own API as a double: calls are kept, and answered with what the test has recorded.

use async_trait::async_trait;
use kernel_ports::api::{ApiAnswer, ApiCall, ApiError, ServerApi};
use kernel_ports::egress::{Egress as _, EgressRequest};

use crate::network::Network;

/// Answers calls of the API as requests to nowhere.
#[derive(Debug, Default)]
pub(crate) struct Server(pub(crate) Network);

#[async_trait]
impl ServerApi for Server {
    async fn api_call(&self, call: ApiCall, _: usize) -> Result<ApiAnswer, ApiError> {
        let ApiCall { method, path, body, .. } = call;
        let (headers, body) = (Vec::new(), body.into_bytes());
        let answer = self.0.send(EgressRequest { method, url: path, headers, body }).await;
        let answer = answer.map_err(|err| ApiError::Broken { reason: err.to_string() })?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(ApiAnswer { status: answer.status, body })
    }
}
