//! How the client calls this server, and the cookies that go with that.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::request::Parts;

use crate::api::App;
use crate::layer::client::Client;
use crate::layer::gate::COOKIE;

/// The cookie of a browser that is on its way to an identity provider and back.
pub(crate) const JOURNEY: &str = "tenon_login";

/// The server, as the client sees it.
#[derive(Debug)]
pub(crate) struct Site {
    /// Such as `https://ci.example.com`, without a slash at the end.
    pub(crate) origin: String,
    /// Whether cookies are to be sent over HTTPS only.
    pub(crate) is_secure: bool,
    pub(crate) is_strict: bool,
    /// The cookie of the way to a provider; empty: there is none.
    pub(crate) journey: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Site
where
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &App::from_ref(state)))
    }
}

impl Site {
    pub(crate) fn of(parts: &Parts, app: &App) -> Self {
        let https = parts.extensions.get::<Client>().is_some_and(|client| client.https);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
        let scheme = if https { "https" } else { "http" };
        let called = format!("{scheme}://{}", host.unwrap_or("localhost"));
        let origin = app.callback_url.as_deref().map_or(called, |url| origin(url).to_owned());
        Self {
            is_secure: https || app.cookies.is_secure,
            is_strict: app.cookies.is_strict,
            origin,
            journey: cookie(&parts.headers, JOURNEY).unwrap_or_default().to_owned(),
        }
    }

    /// Returns what the server is called in OAuth: its address, if that is one of HTTPS, or on this
    /// machine.
    pub(crate) fn issuer(&self) -> Option<&str> {
        let (scheme, authority) = self.origin.split_once("://")?;
        let is_plain = authority.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        });
        let is_safe = scheme == "https" || is_loopback(authority);
        (is_plain && is_safe).then_some(&self.origin)
    }

    /// Returns the cookie of a session, which an age of 0 takes away.
    pub(crate) fn session_cookie(&self, value: &str, age_s: u64) -> String {
        let same_site = if self.is_strict { "Strict" } else { "Lax" };
        self.cookie(COOKIE, value, age_s, "/", same_site)
    }

    /// Returns the cookie of a journey. It must come back with the browser from another site.
    pub(crate) fn journey_cookie(&self, value: &str, age_s: u64) -> String {
        self.cookie(JOURNEY, value, age_s, "/", "Lax")
    }

    fn cookie(&self, name: &str, value: &str, age_s: u64, path: &str, same_site: &str) -> String {
        // The prefix makes browsers refuse what another host of the domain sets under this name.
        let (prefix, secure) = if self.is_secure { ("__Host-", "; Secure") } else { ("", "") };
        format!(
            "{prefix}{name}={value}; Path={path}; Max-Age={age_s}; HttpOnly; \
             SameSite={same_site}{secure}"
        )
    }
}

/// Returns whether `host:port` is this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns scheme and host of a URL.
pub(crate) fn origin(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |at| host_at + at);
    &url[..end]
}

/// Returns a cookie, with the prefix that HTTPS gives it or without.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|p| p.trim().split_once('='));
    pairs.find(|(name, _)| name.trim_start_matches("__Host-") == wanted).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::{Site, cookie, origin};

    fn site(is_secure: bool, is_strict: bool) -> Site {
        Site { origin: String::new(), is_secure, is_strict, journey: String::new() }
    }

    #[test]
    fn cookies_are_kept_from_scripts_other_sites_and_plain_http() {
        assert_eq!(
            site(false, false).session_cookie("abc", 60),
            "tenon_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            site(true, true).session_cookie("abc", 60),
            "__Host-tenon_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        // It comes back from another site, which a strict cookie does not.
        assert_eq!(
            site(true, true).journey_cookie("", 0),
            "__Host-tenon_login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "a=1; __Host-tenon_login=x=y".parse().unwrap());
        headers.append("cookie", "tenon_session=z".parse().unwrap());
        assert_eq!(cookie(&headers, "tenon_login"), Some("x=y"));
        assert_eq!(cookie(&headers, "tenon_session"), Some("z"));
        assert_eq!(cookie(&headers, "tenon"), None);
    }

    #[test]
    fn a_server_is_called_so_by_https_or_on_this_machine() {
        for (origin, is_one) in [
            ("https://ci.example.com", true),
            ("https://10.0.0.5:7070", true),
            ("http://localhost:7070", true),
            ("http://127.0.0.1:7070", true),
            ("http://[::1]:7070", true),
            ("http://ci.example.com", false),
            ("http://localhost.evil.example", false),
            ("http://10.0.0.5:7070", false),
            ("https://a\"b", false),
        ] {
            let site = Site { origin: origin.to_owned(), ..site(false, false) };
            assert_eq!(site.issuer(), is_one.then_some(origin));
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin("https://ci.example.com/auth/callback"), "https://ci.example.com");
        assert_eq!(origin("http://[::1]:7070?x"), "http://[::1]:7070");
        assert_eq!(origin("https://ci.example.com"), "https://ci.example.com");
    }
}
