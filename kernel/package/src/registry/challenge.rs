//! What a registry asks for when it says 401, and the header that answers it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use crate::credentials::Login;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    /// A token, which `realm` gives.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

impl Challenge {
    /// Reads the headers of an answer; none when there is nothing that is known here.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let all = headers.get_all(WWW_AUTHENTICATE).iter();
        let mut known = all.filter_map(|value| Self::parse(value.to_str().ok()?));
        known.next()
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameters = parameters(rest);
        let get = |name: &str| {
            let found = parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        Some(Self::Bearer { realm: get("realm")?, service: get("service"), scope: get("scope") })
    }
}

/// Reads `name="value", name=value`. Values in quotes may hold commas.
fn parameters(mut text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches(|c: char| c == ',' || c.is_whitespace()).to_owned();
        let value = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                text = quoted.get(end + 1..).unwrap_or("");
                &quoted[..end]
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                text = &rest[end..];
                rest[..end].trim()
            }
        };
        found.push((name, value.to_owned()));
    }
    found
}

/// Returns the header for a name and a password.
pub(super) fn basic(login: &Login) -> Option<HeaderValue> {
    let pair = STANDARD.encode(format!("{}:{}", login.user, login.password));
    secret(&format!("Basic {pair}"))
}

/// Returns the header for a token.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {token}"))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests;
