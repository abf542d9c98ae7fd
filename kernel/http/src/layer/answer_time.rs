//! Gives up on handlers that take too long.

use std::time::Duration;

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::{ANSWER_TIMEOUT, INSTALL_TIMEOUT};
use crate::code::Code;
use crate::error::ApiError;

/// Answers with a problem if the handler does not answer in time.
pub(crate) async fn limit(request: Request, next: Next) -> Response {
    let limit = limit_of(&request);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("there was no answer within {} s", limit.as_secs());
            ApiError::new(Code::Timeout, detail)
                .hint("look whether it was done, and repeat the request; Idempotency-Key makes that safe")
                .into_response()
        }
    }
}

fn limit_of(request: &Request) -> Duration {
    let path = request.uri().path();
    let plugins = path.strip_prefix("/api/v1/plugins").filter(|_| request.method() == Method::POST);
    if plugins.is_some_and(|rest| rest.is_empty() || rest.ends_with("/upgrade")) {
        return INSTALL_TIMEOUT;
    }
    ANSWER_TIMEOUT
}
