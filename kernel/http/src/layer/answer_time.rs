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

/// Returns what the operator has set, but for requests that compile plugins.
fn limit_of(request: &Request, usual: Duration) -> Duration {
    let path = request.uri().path();
    let plugins = path.strip_prefix("/api/v1/plugins").filter(|_| request.method() == Method::POST);
    if plugins.is_some_and(|rest| rest.is_empty() || rest.ends_with("/upgrade")) {
        return INSTALL_TIMEOUT.max(usual);
    }
    usual
}
