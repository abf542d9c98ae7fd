//! Refusals in the words of OAuth (RFC 6749): a problem, with `error` and `error_description` in it.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kernel_auth::{ClientError, OauthError};
use serde_json::Value;

use crate::code::Code;
use crate::error::ApiError;

/// A refusal, whose code is the word of OAuth too.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) ApiError);

impl Refused {
    /// Returns the word of OAuth.
    pub(crate) fn word(&self) -> String {
        match self.0.code {
            Code::Internal => "server_error".to_owned(),
            Code::RateLimited | Code::LoginThrottled | Code::StoreFull => {
                "temporarily_unavailable".to_owned()
            }
            code => code.word().replace('-', "_"),
        }
    }

    /// Returns the reason in the characters that OAuth allows.
    pub(crate) fn description(&self) -> String {
        let plain = |c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        };
        self.0.detail.chars().map(plain).collect()
    }
}

impl From<ApiError> for Refused {
    fn from(err: ApiError) -> Self {
        Self(err)
    }
}

impl From<OauthError> for Refused {
    fn from(err: OauthError) -> Self {
        let code = match &err {
            OauthError::Request { .. } => Code::InvalidRequest,
            OauthError::ResponseType { .. } => Code::UnsupportedResponseType,
            OauthError::Target { .. } => Code::InvalidTarget,
            OauthError::Grant { .. } => Code::InvalidGrant,
            OauthError::Scope { .. } => Code::InvalidScope,
            OauthError::Denied => Code::AccessDenied,
            OauthError::Access(_) => {
                let OauthError::Access(err) = err else { return Self(ApiError::internal(&err)) };
                return Self(err.into());
            }
        };
        Self(ApiError::new(code, &err))
    }
}

impl From<ClientError> for Refused {
    fn from(err: ClientError) -> Self {
        let code = match &err {
            ClientError::Unknown { .. } => Code::InvalidClient,
            ClientError::Address { .. } | ClientError::Document { .. } => Code::InvalidClient,
            ClientError::Redirect { .. } => Code::InvalidRequest,
            ClientError::RedirectUri { .. } => Code::InvalidRedirectUri,
            ClientError::Full => Code::TemporarilyUnavailable,
            ClientError::Throttled { wait_ms } => {
                return Self(ApiError::new(Code::RateLimited, &err).retry_after(*wait_ms));
            }
            ClientError::Store(_) => {
                let ClientError::Store(err) = err else { return Self(ApiError::internal(&err)) };
                return Self(err.into());
            }
        };
        Self(ApiError::new(code, &err))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut body = serde_json::to_value(self.0.problem()).unwrap_or_default();
        body["error"] = self.word().into();
        body["error_description"] = Value::from(self.description());
        let mut response = self.0.into_response();
        *response.body_mut() = body.to_string().into();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.remove(CONTENT_LENGTH);
        response
    }
}
