//! Names every request, so that an answer can be found in the log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use kernel_ports::clock::Entropy;
use tracing::Instrument;

use super::client::Client;

/// The header of requests and answers.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids of clients are replaced.
const ID_BYTES_MAX: usize = 100;

/// Takes the client's id or makes one, puts it into the log and into the answer.
pub(crate) async fn name(
    State(entropy): State<Arc<dyn Entropy>>,
    mut request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(&REQUEST_ID).filter(|id| is_plain(id)).cloned();
    let id = given.unwrap_or_else(|| {
        let made = format!("{:032x}", entropy.id());
        HeaderValue::try_from(made).unwrap_or_else(|_| HeaderValue::from_static("none"))
    });
    let client = request.extensions().get::<Client>().and_then(|client| client.address);
    let span = tracing::info_span!(
        "http.request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = request.uri().path(),
        client = client.map(tracing::field::display),
    );
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// What is safe in a log line and worth keeping.
fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (1..=ID_BYTES_MAX).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}
