//! JSON in bodies.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::depth::is_deeper;
use crate::api::BodyLimits;
use crate::code::Code;
use crate::error::ApiError;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body that may be left out when all in it is optional.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Received { headers, body, limits } = receive(request, state).await?;
        parse(&headers, &body, limits).map(Self)
    }
}

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Received { headers, body, limits } = receive(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        parse(&headers, &body, limits).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                (StatusCode::OK, [(CONTENT_TYPE, "application/json")], body).into_response()
            }
            Err(err) => ApiError::internal(&err).into_response(),
        }
    }
}

/// A body that has arrived.
struct Received {
    headers: HeaderMap,
    body: Bytes,
    limits: BodyLimits,
}

async fn receive<S: Send + Sync>(request: Request, state: &S) -> Result<Received, ApiError> {
    let headers = request.headers().clone();
    let limits = request.extensions().get::<BodyLimits>().copied().unwrap_or_default();
    let body = Bytes::from_request(request, state).await.map_err(|err| refusal(&err, limits))?;
    Ok(Received { headers, body, limits })
}

fn refusal(err: &BytesRejection, limits: BodyLimits) -> ApiError {
    if err.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("the body is larger than {} bytes", limits.bytes_max);
        return ApiError::new(Code::BodyTooLarge, detail)
            .hint("send less; large things do not belong into a definition");
    }
    ApiError::new(Code::BodyUnreadable, "the body did not arrive as a whole")
        .hint("repeat the request")
}

fn parse<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &Bytes,
    limits: BodyLimits,
) -> Result<T, ApiError> {
    let depth_max = limits.depth_max;
    // Required because browsers let any site send other types without asking first.
    if !is_json(headers) {
        let detail = match headers.get(CONTENT_TYPE) {
            Some(found) => format!("the body is said to be {found:?}"),
            None => "the type of the body is not said".to_owned(),
        };
        let hint = "send JSON, with the header `Content-Type: application/json`";
        return Err(ApiError::new(Code::MediaType, detail).hint(hint));
    }
    if is_deeper(body, depth_max) {
        let detail = format!("the body nests deeper than {depth_max} levels");
        return Err(ApiError::new(Code::InvalidJson, detail).hint("make it flatter"));
    }
    serde_json::from_slice(body).map_err(|err| {
        ApiError::new(Code::InvalidJson, err)
            .hint("GET /openapi.json describes the bodies of all requests")
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
