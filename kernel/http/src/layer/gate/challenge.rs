//! What a client is told who is not known, or may not yet: where to ask, and for what (RFC 6750, 9728).

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use kernel_auth::{Asked, Unknown};
use kernel_model::access::{Audience, Verb, Verbs};

use crate::api::App;
use crate::extract::Site;
use crate::oauth::metadata::RESOURCE;

const REALM: &str = "Bearer realm=\"tenon\"";

/// To whom is not known.
pub(super) fn unknown(
    app: &App,
    site: &Site,
    parts: &Parts,
    path: &str,
    verb: Verb,
    why: &Unknown,
) -> String {
    let mut text = REALM.to_owned();
    // Who has said nothing has done nothing wrong.
    if parts.headers.contains_key(AUTHORIZATION) {
        text.push_str(&format!(", error=\"invalid_token\", error_description=\"{why}\""));
    }
    text + &place(app, site, path, [verb].into_iter().collect())
}

/// To an app that was let in for less.
pub(super) fn lacking(app: &App, site: &Site, path: &str, wanted: Verbs) -> String {
    format!("{REALM}, error=\"insufficient_scope\"{}", place(app, site, path, wanted))
}

/// Nothing where programs are not let in by OAuth.
fn place(app: &App, site: &Site, path: &str, wanted: Verbs) -> String {
    let Ok(issuer) = app.issuer(site) else { return String::new() };
    let (part, scope) = (Audience::of(path).path(), Asked::scope(wanted));
    format!(", resource_metadata=\"{issuer}{RESOURCE}{part}\", scope=\"{scope}\"")
}
