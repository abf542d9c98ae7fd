//! The scope of the secrets that a request is about, as the gate has read it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel_ports::secret::SecretScope;

use crate::code::Code;
use crate::error::ApiError;

/// A scope whose project is there.
#[derive(Debug, Clone)]
pub(crate) struct Scoped(pub(crate) SecretScope);

impl<S: Send + Sync> FromRequestParts<S> for Scoped {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        // The table of routes says which routes are about secrets.
        found.ok_or_else(|| ApiError::new(Code::Internal, "the route has no scope (a bug)"))
    }
}
