//! Where answers may be sent.

use url::Url;

use super::is_loopback;

const BYTES_MAX: usize = 1_000;
/// What a browser or the system itself would do something with: not a program's own scheme.
const TAKEN: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Returns why answers must not be sent there: only by HTTPS, to this machine, or to a program by its
/// own scheme.
pub(crate) fn check(uri: &str) -> Result<(), String> {
    let refused = |reason: &str| Err(format!("{uri:?} {reason}"));
    if uri.len() > BYTES_MAX || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "an address has {BYTES_MAX} characters at the most, and none but letters, digits and \
             signs of ASCII"
        ));
    }
    let Ok(url) = Url::parse(uri) else { return refused("is not an address") };
    if url.fragment().is_some() {
        return refused("has a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("has a name or password in it");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(()),
        ("http", Some(host)) if is_loopback(host) => Ok(()),
        ("http", _) => refused("is sent unprotected; use https, or http on this machine"),
        (scheme, _) if TAKEN.contains(&scheme) => refused("has a scheme that is no program's own"),
        (_, _) => Ok(()),
    }
}

/// Returns whether `found` is one of those that are registered. On this machine the port may differ,
/// as programs take one that is free (RFC 8252).
pub(crate) fn is_registered(registered: &[String], found: &str) -> bool {
    check(found).is_ok()
        && registered.iter().any(|known| known == found || is_same_but_port(known, found))
}

fn is_same_but_port(known: &str, found: &str) -> bool {
    let portless = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        let is_here = url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
        (is_here && url.set_port(None).is_ok()).then_some(url)
    };
    portless(known).is_some_and(|known| portless(found) == Some(known))
}

#[cfg(test)]
mod tests {
    use super::{check, is_registered};

    #[test]
    fn answers_go_by_https_to_this_machine_or_to_a_program() {
        for good in [
            "https://app.example/callback?x=1",
            "http://127.0.0.1:4321/cb",
            "http://localhost/cb",
            "http://[::1]:4321/cb",
            "com.example.app:/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            check(good).unwrap();
        }
        for bad in [
            "",
            "/callback",
            "http://app.example/callback",
            "http://127.0.0.1.example/cb",
            "https://app.example/cb#x",
            "https://user@app.example/cb",
            "https://app.example/c b",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://app.example/1",
            &format!("https://app.example/{}", "x".repeat(1_000)),
        ] {
            check(bad).unwrap_err();
        }
    }

    #[test]
    fn only_the_port_may_differ_and_only_here() {
        let known = ["http://127.0.0.1/cb", "https://app.example/cb", "com.example.app:/cb"];
        let known = known.map(str::to_owned);
        for good in [
            "http://127.0.0.1:4321/cb",
            "http://127.0.0.1/cb",
            "https://app.example/cb",
            "com.example.app:/cb",
        ] {
            assert!(is_registered(&known, good), "{good}");
        }
        for bad in [
            "http://127.0.0.1:4321/other",
            "http://127.0.0.1:4321/cb?x=1",
            "http://127.0.0.2:4321/cb",
            "http://localhost:4321/cb",
            "https://127.0.0.1/cb",
            "https://app.example:444/cb",
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://APP.example/cb",
            "com.example.app:/cb/2",
        ] {
            assert!(!is_registered(&known, bad), "{bad}");
        }
    }
}
