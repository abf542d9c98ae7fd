//! Gives up on handlers that take too long.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::INSTALL_TIMEOUT;
use crate::code::Code;
use crate::error::ApiError;

/// Answers with a problem if the handler does not answer in time.
pub(crate) async fn limit(
    State(timeout): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let timeout = limit_of(&request, timeout);
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("there was no answer within {} ms", timeout.as_millis());
            ApiError::new(Code::Timeout, detail)
                .hint("look whether it was done, and repeat the request; Idempotency-Key makes that safe")
                .into_response()
        }
    }
}

/// Returns what the operator has set, but for requests that fetch, compile or hash plugins.
fn limit_of(request: &Request, usual: Duration) -> Duration {
    let path = request.uri().path();
    let is_post = request.method() == Method::POST;
    let plugins = path.strip_prefix("/api/v1/plugins").filter(|_| is_post);
    let takes_long = |rest: &str| {
        rest.is_empty() || ["/upgrade", "/verify"].iter().any(|verb| rest.ends_with(verb))
    };
    if plugins.is_some_and(takes_long) || (is_post && path == "/api/v1/plugin-bundles") {
        return INSTALL_TIMEOUT.max(usual);
    }
    usual
}
