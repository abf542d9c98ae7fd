//! Requests to the API without a socket: a call inside this process.

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request as HttpRequest, header};
use futures::StreamExt as _;
use kernel_cli::api::transport::{Request, Response, Transport, TransportError};
use tower::ServiceExt as _;

/// Calls a router.
#[derive(Debug, Clone)]
pub(crate) struct InProcess {
    router: Router,
}

impl InProcess {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }
}

/// What errors call it.
const HERE: &str = "the engine in this process";

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let broken = |err: Box<dyn std::error::Error + Send + Sync>| TransportError::Broken {
            server: HERE.to_owned(),
            err,
        };
        let mut builder = HttpRequest::builder()
            .method(request.method)
            .uri(request.path)
            .header(header::HOST, "localhost");
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let body = request.body.map_or_else(Body::empty, Body::from);
        let request = builder.body(body).map_err(|err| broken(err.into()))?;
        let response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Response {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response
                .into_body()
                .into_data_stream()
                .map(move |piece| piece.map_err(|err| broken(err.into())))
                .boxed(),
        })
    }
}

#[cfg(test)]
mod tests;
