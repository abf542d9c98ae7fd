//! A bug in one handler is an answer to one request, not the end of the server.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::code::Code;
use crate::error::ApiError;

/// Returns the answer to a request whose handler panicked.
pub(crate) fn answer(payload: Box<dyn Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("without a message"), "bug: a handler panicked");
    ApiError::new(Code::Internal, "the server has a bug that this request ran into")
        .hint("please report it, with what the log says under the request id of this answer")
        .into_response()
}
