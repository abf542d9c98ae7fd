//! The few pages of the server itself: logging in and out, letting in programs, the account.
//!
//! Invariants:
//! - No script, and nothing from elsewhere: the policy of each page forbids both.
//! - Every text goes through [`Text`] before it is part of a page.

use std::fmt::{self, Write as _};

use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Only what this server serves, and forms that go back to it.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";
/// Without any, browsers would not say where a form came from, and it would be refused.
const REFERRER: &str = "same-origin";

/// How pages look.
pub(crate) const STYLE: &str = include_str!("html/style.css");

/// Text of somebody, as part of a page.
pub(crate) struct Text<'a>(pub(crate) &'a str);

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    body: String,
    next: Option<String>,
    form_target: String,
    cookies: Vec<String>,
    retry_after_ms: Option<u64>,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // Nothing that turns the direction of what follows, or hides it.
                c if c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    f.write_char('\u{fffd}')?;
                }
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl Page {
    /// A page whose body is HTML already.
    pub(crate) fn new(title: &str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.to_owned(),
            body,
            next: None,
            form_target: String::new(),
            cookies: vec![],
            retry_after_ms: None,
        }
    }

    /// A page that says one thing, and how to go on.
    pub(crate) fn notice(title: &str, says: &str, (href, go): (&str, &str)) -> Self {
        let body = format!(
            "<p>{}</p>\n<p><a class=\"button\" href=\"{}\">{}</a></p>",
            Text(says),
            Text(href),
            Text(go)
        );
        Self::new(title, body)
    }

    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Goes on to another page of this server by itself.
    pub(crate) fn next(self, path: &str) -> Self {
        Self { next: Some(path.to_owned()), ..self }
    }

    /// Lets its forms lead to another place too.
    pub(crate) fn form_target(self, source: &str) -> Self {
        Self { form_target: source.to_owned(), ..self }
    }

    pub(crate) fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    pub(crate) fn retry_after(self, ms: Option<u64>) -> Self {
        Self { retry_after_ms: ms, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let title = Text(&self.title);
        let next = self.next.as_deref().map(|next| {
            format!("<meta http-equiv=\"refresh\" content=\"0; url={}\">\n", Text(next))
        });
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n{}<title>{title} · Tenon</title>\n\
             <link rel=\"stylesheet\" href=\"/auth/style.css\">\n</head>\n<body>\n<main>\n\
             <p class=\"mark\">Tenon</p>\n<h1>{title}</h1>\n{}\n</main>\n</body>\n</html>\n",
            next.unwrap_or_default(),
            self.body
        );
        let mut response = (self.status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = format!("{POLICY} {}", self.form_target);
        let policy = HeaderValue::try_from(policy.trim_end());
        let policy = policy.unwrap_or(HeaderValue::from_static(POLICY));
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(REFERRER));
        if let Some(ms) = self.retry_after_ms {
            headers.insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        set_cookies(response, self.cookies)
    }
}

/// Sends a browser elsewhere, by GET.
pub(crate) fn redirect(to: &str, cookies: Vec<String>) -> Response {
    let Ok(to) = HeaderValue::try_from(to) else {
        let page =
            Page::notice("It did not work", "There is nowhere to go.", ("/auth/login", "Log in"));
        return page.status(StatusCode::BAD_GATEWAY).into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, to);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set_cookies(response, cookies)
}

fn set_cookies(mut response: Response, cookies: Vec<String>) -> Response {
    for cookie in cookies {
        // They are made of digits and words of ours.
        if let Ok(value) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

/// Returns a path of this server to go on to; nothing that leads elsewhere.
pub(crate) fn local_path(path: &str) -> Option<&str> {
    let is_local = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2_000
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_local.then_some(path)
}

/// Returns a text as part of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Text, encoded, local_path};

    #[test]
    fn text_is_never_markup() {
        let text = Text("<a href='x' title=\"y\">&\u{202e}\n").to_string();
        assert_eq!(text, "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;\u{fffd}\u{fffd}");
    }

    #[test]
    fn only_pages_of_this_server_are_gone_on_to() {
        for path in ["/", "/auth/device?code=A-B", "/a%2Fb#c"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "auth"]
        {
            assert_eq!(local_path(path), None, "{path:?}");
        }
        assert_eq!(encoded("/a b&c"), "%2Fa%20b%26c");
    }
}
