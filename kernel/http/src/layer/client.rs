//! Who is at the other end: the peer of the connection, or, behind proxies that are trusted, the
//! client that they name.
//!
//! Invariant: a header of a proxy counts only if the connection comes from a trusted one, and only
//! as far as trusted ones have written it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use kernel_model::network::Cidr;

/// Names of addresses that a request went through, the newest last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Longer chains are nobody's proxies.
const HOPS_MAX: usize = 32;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) tls: bool,
}

/// Who sent a request. None of it is known for requests within the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    /// Whether the client speaks HTTPS, to this server or to a trusted proxy.
    pub(crate) https: bool,
}

/// Finds out who the client is, and says so to all that follows.
pub(crate) async fn find(
    State(trusted): State<Arc<[Cidr]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let client = client(peer, request.headers(), &trusted);
    request.extensions_mut().insert(client);
    next.run(request).await
}

fn client(peer: Option<Peer>, headers: &HeaderMap, trusted: &[Cidr]) -> Client {
    let Some(peer) = peer else { return Client::default() };
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let address = peer.address.ip().to_canonical();
    if !is_trusted(address) {
        return Client { address: Some(address), https: peer.tls };
    }
    // From the newest to the oldest, until one is met that is not ours.
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut found = address;
    for hop in hops.iter().rev().take(HOPS_MAX) {
        let Some(hop) = hop_address(hop.trim()) else { break };
        found = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    let proto = headers.get(FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    let last = proto.and_then(|proto| proto.rsplit(',').next());
    let https = last.map_or(peer.tls, |proto| proto.trim().eq_ignore_ascii_case("https"));
    Client { address: Some(found), https }
}

/// Reads `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]` or `[::1]:5`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
