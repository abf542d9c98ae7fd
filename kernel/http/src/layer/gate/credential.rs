//! What a request brings along to say who it is: a bearer token, a name and password, or a cookie.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel_auth::{Access, Caller, Credential, Unknown};

use crate::extract::cookie;

/// The cookie of a browser session.
pub(crate) const COOKIE: &str = "tenon_session";
/// The header that no other site can make a browser send.
pub(crate) const CSRF: &str = "x-tenon-csrf";

/// Returns who asks. A header counts before a cookie.
pub(super) fn read(headers: &HeaderMap, access: &Access, address: &str) -> Result<Caller, Unknown> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let credential = cookie(headers, COOKIE).map_or(Credential::Nothing, Credential::Cookie);
        return access.authenticate(&credential, address);
    };
    let (scheme, rest) = header.to_str().ok().and_then(|h| h.split_once(' ')).unwrap_or_default();
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return access.authenticate(&Credential::Bearer(rest), address);
    }
    let pair = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match pair.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((name, password)) if scheme.eq_ignore_ascii_case("basic") => {
            access.authenticate(&Credential::Basic { name, password }, address)
        }
        _ => access.authenticate(&Credential::Bearer(""), address),
    }
}
