//! What stands in the headers of a request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use crate::code::Code;
use crate::error::ApiError;

/// The name of the header that makes a repeated request harmless.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longer keys are refused.
const KEY_BYTES_MAX: usize = 200;

/// `Idempotency-Key`: any printable ASCII, such as a UUID.
#[derive(Debug)]
pub(crate) struct Idempotency(pub(crate) Option<String>);

/// `If-Match` and `If-None-Match`, with versions as entity tags.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) Option<Precondition>);

/// What must hold for a change to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precondition {
    /// It is there.
    Exists,
    /// It is not there.
    Free,
    /// It is at this version.
    Version(u32),
}

/// Where a stream of events goes on.
#[derive(Debug)]
pub(crate) struct LastEventId(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(key) = text(&parts.headers, &IDEMPOTENCY_KEY)? else { return Ok(Self(None)) };
        if (1..=KEY_BYTES_MAX).contains(&key.len()) {
            return Ok(Self(Some(key.to_owned())));
        }
        let detail = format!("Idempotency-Key has {} characters", key.len());
        Err(ApiError::new(Code::InvalidHeader, detail)
            .hint(format_args!("use 1 to {KEY_BYTES_MAX}, such as a UUID")))
    }
}

impl Idempotency {
    /// Returns the key for one operation on one thing: the same key elsewhere is another key.
    pub(crate) fn scoped(&self, operation: &str) -> Option<String> {
        self.0.as_ref().map(|key| format!("{operation}/{key}"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = text(&parts.headers, &header::IF_MATCH)?;
        let none = text(&parts.headers, &header::IF_NONE_MATCH)?;
        let refuse = |detail: String| {
            Err(ApiError::new(Code::InvalidHeader, detail).hint(
                "send back the ETag that came with the pipeline, such as `If-Match: \"3\"`, or \
                 `If-None-Match: *` if there must be none of that name yet",
            ))
        };
        match (found, none) {
            (None, None) => Ok(Self(None)),
            (Some("*"), None) => Ok(Self(Some(Precondition::Exists))),
            (None, Some("*")) => Ok(Self(Some(Precondition::Free))),
            (Some(tag), None) => match version(tag) {
                Some(version) => Ok(Self(Some(Precondition::Version(version)))),
                None => refuse(format!("If-Match {tag} is not the tag of a version")),
            },
            (None, Some(tag)) => refuse(format!("If-None-Match {tag} is not understood here")),
            (Some(_), Some(_)) => {
                refuse("If-Match and If-None-Match exclude each other".to_owned())
            }
        }
    }
}

/// Returns the entity tag of a version.
pub(crate) fn tag(version: u32) -> String {
    format!("\"{version}\"")
}

fn version(tag: &str) -> Option<u32> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.parse().ok().filter(|version| *version > 0)
}

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let id = parts.headers.get("last-event-id").and_then(|value| value.to_str().ok());
        Ok(Self(id.filter(|id| !id.is_empty()).map(str::to_owned)))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let detail = format!("the header {name} is given more than once");
        return Err(ApiError::new(Code::InvalidHeader, detail).hint("give it once"));
    }
    value.to_str().map(|value| Some(value.trim())).map_err(|_| {
        let detail = format!("the header {name} has characters that are not printable ASCII");
        ApiError::new(Code::InvalidHeader, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::{tag, version};

    #[test]
    fn the_tag_of_a_version_is_read_back() {
        assert_eq!(version(&tag(7)), Some(7));
        for wrong in ["7", "\"0\"", "W/\"7\"", "\"\"", "\"7", "\"seven\""] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }
}
