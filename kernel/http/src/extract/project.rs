//! The project of a request, as the gate has found it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::code::Code;
use crate::error::ApiError;
use crate::projects::Project;

/// The project that a request is about.
#[derive(Debug)]
pub(crate) struct In(pub(crate) Project);

impl<S: Send + Sync> FromRequestParts<S> for In {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Project>().cloned().map(Self);
        // The table of routes says which routes are about a project.
        found.ok_or_else(|| ApiError::new(Code::Internal, "the route has no project (a bug)"))
    }
}
