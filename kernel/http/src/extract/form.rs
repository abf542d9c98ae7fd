//! What a form of a page sends.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;

use super::json::Json;
use crate::code::Code;
use crate::error::ApiError;
use crate::refused::Refused;

/// Larger forms are not ours.
const BYTES_MAX: usize = 16 * 1024;

/// The fields of a form, each once.
#[derive(Default)]
pub(crate) struct Submitted(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Submitted {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = form_body(request, state).await?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

async fn form_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let found = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = found.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "the body is not what a form of this server sends";
        return Err(ApiError::new(Code::MediaType, detail)
            .hint("programs log in by POST /api/v1/login or POST /api/v1/device"));
    }
    let body = Bytes::from_request(request, state).await.ok();
    body.filter(|body| body.len() <= BYTES_MAX).ok_or_else(|| {
        ApiError::new(Code::BodyTooLarge, format_args!("a form has {BYTES_MAX} bytes at most"))
    })
}

/// The fields of a form or of a JSON object, as OAuth has the one and our API the other.
pub(crate) struct Fields(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let found = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if found.is_some_and(|found| found.starts_with("application/x-www-form-urlencoded")) {
            let Submitted(fields) = Submitted::from_request(request, state).await?;
            return Ok(Self(fields));
        }
        let Json(fields) = Json::<BTreeMap<String, String>>::from_request(request, state).await?;
        Ok(Self(fields))
    }
}

/// A form of OAuth, in which nothing stands twice.
pub(crate) struct OauthForm(BTreeMap<String, String>);

impl<S: Send + Sync> FromRequest<S> for OauthForm {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let refused = |detail: String| Refused(ApiError::new(Code::InvalidRequest, detail));
        let body = form_body(request, state).await.map_err(|err| refused(err.detail))?;
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(&body).into_owned() {
            if fields.contains_key(&name) {
                return Err(refused(format!("{name} stands there twice")));
            }
            fields.insert(name, value);
        }
        Ok(Self(fields))
    }
}

impl OauthForm {
    /// Returns a field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Returns a field that must be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, Refused> {
        let found = Some(self.get(name)).filter(|value| !value.is_empty());
        found.ok_or_else(|| {
            Refused(ApiError::new(Code::InvalidRequest, format_args!("{name} is missing")))
        })
    }
}

impl Fields {
    /// Returns a field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

impl Submitted {
    /// Returns a field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}
