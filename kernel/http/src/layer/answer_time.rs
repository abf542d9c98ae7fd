//! Gives up on handlers that take too long.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::ANSWER_TIMEOUT;
use crate::code::Code;
use crate::error::ApiError;

/// Answers with a problem if the handler does not answer in time.
pub(crate) async fn limit(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("there was no answer within {} s", ANSWER_TIMEOUT.as_secs());
            ApiError::new(Code::Timeout, detail)
                .hint("look whether it was done, and repeat the request; Idempotency-Key makes that safe")
                .into_response()
        }
    }
}
