//! Refuses requests that other sites make a browser send.
//!
//! A server without accounts trusts whoever can reach it, so it listens on the loopback address
//! only. That does not keep out the pages that the user's browser shows: one of them can have its
//! own name resolve to 127.0.0.1 (DNS rebinding, told by `Host`), or post to the server without
//! reading the answer (told by `Origin`). Programs that are no browsers send neither by accident.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::origin::{Origins, is_for_all};
use crate::code::Code;
use crate::error::ApiError;

/// The names that the server may be called by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// `localhost`, loopback addresses, and these names. One that begins with `%.` stands for
    /// what follows, and for one label in front of it.
    Loopback { names: Vec<String> },
    /// All. Requests of other sites are refused still.
    Any,
}

/// Passes on what is meant for this server.
pub(crate) async fn check(
    State((hosts, origins)): State<(Arc<Hosts>, Origins)>,
    request: Request,
    next: Next,
) -> Response {
    match hosts.refusal(&origins, request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    }
}

impl Hosts {
    fn refusal(&self, origins: &Origins, uri: &Uri, headers: &HeaderMap) -> Option<ApiError> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let authority = uri.authority().map(|authority| authority.as_str());
        let host = text(HOST).or(authority);
        for found in host.into_iter().chain(authority) {
            if !self.allows(found) {
                let detail = format!("this server does not answer to the name {found:?}");
                return Some(ApiError::new(Code::HostRefused, detail).hint(
                    "call it localhost or 127.0.0.1, or have the operator set server.public_host",
                ));
            }
        }
        let origin = text(ORIGIN)?;
        let from = origin.split_once("://").map(|(_, host)| host);
        let is_own = match (self, from) {
            (_, None) => false,
            (Self::Loopback { .. }, Some(from)) => self.allows(from),
            (Self::Any, Some(from)) => host.is_some_and(|host| host.eq_ignore_ascii_case(from)),
        };
        if is_own || origins.allows(origin) || is_for_all(uri.path()) {
            return None;
        }
        let detail = format!("the page at {origin:?} may not call this server");
        Some(ApiError::new(Code::OriginRefused, detail).hint("open the server's own address, or have the operator add that page to network.allow_origins"))
    }

    fn allows(&self, authority: &str) -> bool {
        let Self::Loopback { names } = self else { return true };
        let Some(host) = host_of(authority) else { return false };
        // A name may end in a dot, which changes nothing.
        let host = host.strip_suffix('.').unwrap_or(host);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || names.iter().any(|name| is_called(name, host))
    }
}

/// Returns whether a host is the name, or, for `%.name`, a part of it.
fn is_called(name: &str, host: &str) -> bool {
    let Some(base) = name.strip_prefix("%.") else { return name.eq_ignore_ascii_case(host) };
    let (host, base) = (host.to_ascii_lowercase(), base.to_ascii_lowercase());
    let label = host.strip_suffix(&base).and_then(|label| label.strip_suffix('.'));
    host == base || label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
}

/// Returns the host of `host`, `host:port`, `[v6]` or `[v6]:port`.
pub(super) fn host_of(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_ok = match rest.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    };
    port_ok.then_some(host)
}

#[cfg(test)]
mod tests;
