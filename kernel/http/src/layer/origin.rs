//! Which other sites may call the server (CORS).

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// What programs in browsers, wherever they come from, are let in by. None of it looks at cookies.
const FOR_ALL: [&str; 3] = ["/oauth/token", "/oauth/register", "/oauth/revoke"];
const FOR_ALL_BELOW: &str = "/.well-known/oauth-";
/// How long a browser may remember what is allowed.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Origins, in each of which a `*` may stand for something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origins(Arc<[String]>);

impl Origins {
    pub(crate) fn new(allowed: &[String]) -> Self {
        Self(allowed.into())
    }

    /// Returns whether pages of `origin` may call the server.
    pub(crate) fn allows(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| fits(allowed, origin))
    }

    /// Returns the layer that tells browsers. No cookies: a page of another site brings a token.
    pub(crate) fn layer(&self) -> CorsLayer {
        let origins = self.clone();
        let is_allowed = move |origin: &HeaderValue, parts: &Parts| {
            is_for_all(parts.uri.path())
                || origin.to_str().is_ok_and(|origin| origins.allows(origin))
        };
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(is_allowed))
            .allow_methods([Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([
                AUTHORIZATION,
                CONTENT_TYPE,
                IF_MATCH,
                IF_NONE_MATCH,
                HeaderName::from_static("idempotency-key"),
                HeaderName::from_static("last-event-id"),
                HeaderName::from_static("mcp-protocol-version"),
                HeaderName::from_static("x-request-id"),
                super::project::PROJECT,
                super::project::ALIAS,
            ])
            .expose_headers([
                ETAG,
                LOCATION,
                RETRY_AFTER,
                WWW_AUTHENTICATE,
                HeaderName::from_static("x-request-id"),
            ])
            .max_age(MAX_AGE)
    }
}

/// Returns whether pages of all origins may call this.
pub(crate) fn is_for_all(path: &str) -> bool {
    FOR_ALL.contains(&path) || path.starts_with(FOR_ALL_BELOW)
}

fn fits(allowed: &str, origin: &str) -> bool {
    let (allowed, origin) = (allowed.to_ascii_lowercase(), origin.to_ascii_lowercase());
    match allowed.split_once('*') {
        None => allowed == origin,
        Some(("", "")) => origin != "null",
        Some((begin, end)) => {
            let inside = origin.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
            // One name, not a whole other host in front of a path or a port.
            inside.is_some_and(|inside| {
                !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Origins;

    #[test]
    fn a_star_stands_for_one_name() {
        let origins = ["https://a.example", "https://*.b.example:8443"].map(str::to_owned);
        let origins = Origins::new(&origins);
        for origin in ["https://a.example", "HTTPS://A.example", "https://x.b.example:8443"] {
            assert!(origins.allows(origin), "{origin}");
        }
        for origin in [
            "http://a.example",
            "https://a.example.evil",
            "https://b.example:8443",
            "https://x.y.b.example:8443",
            "https://evil/.b.example:8443",
            "null",
        ] {
            assert!(!origins.allows(origin), "{origin}");
        }
        assert!(Origins::new(&["*".to_owned()]).allows("https://anything.example"));
        assert!(!Origins::new(&["*".to_owned()]).allows("null"));
    }
}
