//! The way out: HTTP clients that connect only where they may.
//!
//! The name is resolved here and the resolved address is checked, and then that very address is
//! dialled, so a name that changes its address in between gains nothing.

use std::error::Error as StdError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use kernel_model::network::{Cidr, Destination};
use reqwest::Client;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use rustls::ClientConfig;

/// Time for a connection, TLS included.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// An address that must not be reached.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{host} is {found}, which is not a public address; a grant that names this host allows it, and so does the setting network.egress_allowed"
)]
pub(crate) struct AddressDenied {
    host: String,
    found: IpAddr,
}

/// What the operator allows all requests, beside public addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressPolicy {
    pub allowed: Vec<Destination>,
    /// For the whole of a fetch.
    pub fetch_timeout: Duration,
    /// For the text of a fetch.
    pub fetch_bytes_max: usize,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            allowed: vec![],
            fetch_timeout: Duration::from_secs(30),
            fetch_bytes_max: 1024 * 1024,
        }
    }
}

impl EgressPolicy {
    /// Returns whether a request to `host` may reach it at this address.
    #[must_use]
    pub fn allows(&self, host: &str, address: IpAddr) -> bool {
        is_public(address)
            || self.allowed.iter().any(|allowed| match allowed {
                Destination::Network(network) => network.contains(address),
                Destination::Host(_) | Destination::Under(_) => allowed.names(host),
            })
    }
}

/// Two clients, made when first needed: reading the system's certificates takes time.
#[derive(Debug, Default)]
pub(crate) struct Egress {
    pub(crate) policy: EgressPolicy,
    /// Of the policy.
    networks: Arc<[Cidr]>,
    public: OnceLock<Result<Client, String>>,
    any: OnceLock<Result<Client, String>>,
    /// For connections of other protocols.
    pub(crate) tls: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// Makes TLS work for every HTTP client of this process: `reqwest` refuses to build a client before.
/// May be called again.
pub fn tls_install() {
    // An error means that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Egress {
    pub(crate) fn new(policy: EgressPolicy) -> Self {
        let networks = policy.allowed.iter().filter_map(|allowed| match allowed {
            Destination::Network(network) => Some(*network),
            Destination::Host(_) | Destination::Under(_) => None,
        });
        Self { networks: networks.collect(), policy, ..Self::default() }
    }

    /// Returns those of the addresses of a host that may be dialled.
    pub(crate) fn dialable(
        &self,
        host: &str,
        addresses: impl Iterator<Item = SocketAddr>,
        any: bool,
    ) -> Result<Vec<SocketAddr>, AddressDenied> {
        let any = any || self.policy.allowed.iter().any(|allowed| allowed.names(host));
        dialable(host, addresses, any, &self.networks)
    }

    /// Returns a client for `url`, and refuses addresses that are not public unless `any`.
    pub(crate) fn client(&self, url: &Url, any: bool) -> Result<&Client, EgressError> {
        let host = url.host_str().unwrap_or_default();
        let any = any || self.policy.allowed.iter().any(|allowed| allowed.names(host));
        if !any {
            check_literal(url, &self.networks)?;
        }
        let slot = if any { &self.any } else { &self.public };
        let guard = Guarded { any, networks: Arc::clone(&self.networks) };
        slot.get_or_init(|| build(guard)).as_ref().map_err(|err| EgressError::Client(err.clone()))
    }
}

/// Why there is no client for a URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EgressError {
    #[error(transparent)]
    Denied(#[from] AddressDenied),
    #[error("failed to set up an HTTP client: {0}")]
    Client(String),
}

/// Returns the refusal that made a request fail, if that is why.
pub(crate) fn denied(err: &reqwest::Error) -> Option<&AddressDenied> {
    let mut cause = err.source();
    while let Some(err) = cause {
        if let Some(denied) = err.downcast_ref() {
            return Some(denied);
        }
        cause = err.source();
    }
    None
}

/// Returns an error with its causes, without the URL, which may hold a secret.
pub(crate) fn describe(err: reqwest::Error) -> String {
    let err = err.without_url();
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        let more = err.to_string();
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = err.source();
    }
    text
}

fn build(guard: Guarded) -> Result<Client, String> {
    tls_install();
    Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .referer(false)
        .user_agent(concat!("tenon/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(guard)
        .build()
        .map_err(describe)
}

/// Resolves names by the system, and drops addresses that must not be reached.
#[derive(Debug, Clone)]
struct Guarded {
    any: bool,
    networks: Arc<[Cidr]>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { any, networks } = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let all = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let fit = dialable(&host, all, any, &networks)?;
            Ok(Box::new(fit.into_iter()) as Addrs)
        })
    }
}

/// Returns those of the addresses of a host that may be dialled. None of them is an error, unless
/// there were none.
fn dialable(
    host: &str,
    addresses: impl Iterator<Item = SocketAddr>,
    any: bool,
    networks: &[Cidr],
) -> Result<Vec<SocketAddr>, AddressDenied> {
    let (fit, unfit): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses.partition(|address| {
        (any && !is_never_named(address.ip(), host)) || may_dial(address.ip(), networks)
    });
    match unfit.first() {
        Some(found) if fit.is_empty() => {
            Err(AddressDenied { host: host.to_owned(), found: found.ip() })
        }
        _ => Ok(fit),
    }
}

/// Checks a host that is an address: those never reach the resolver.
fn check_literal(url: &Url, networks: &[Cidr]) -> Result<(), AddressDenied> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(found) if !may_dial(found, networks) => {
            Err(AddressDenied { host: host.to_owned(), found })
        }
        _ => Ok(()),
    }
}

/// Returns whether an address is one that no name of a host stands for in earnest: of this link,
/// where clouds answer about themselves, of a group, or of nothing. Who means it writes the address.
fn is_never_named(address: IpAddr, host: &str) -> bool {
    let special = match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0
        }
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified(),
    };
    special && host.parse::<IpAddr>().is_err()
}

/// Returns whether an address is public, or in a network that the operator allows.
fn may_dial(address: IpAddr, networks: &[Cidr]) -> bool {
    is_public(address) || networks.iter().any(|network| network.contains(address))
}

/// Returns whether an address belongs to the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // "This network"; shared by carriers; protocol assignments and metadata of clouds;
        // former 6to4 relays; benchmarks; reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // An IPv4 address in IPv6 clothes: mapped, translated (NAT64), 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        // Teredo and other protocol assignments; documentation.
        [0x2001, b, ..] if b < 0x200 || b == 0xdb8 => false,
        [0x3fff, b, ..] if b < 0x1000 => false,
        // Global unicast is 2000::/3. All else is loopback, local, multicast or not assigned.
        [a, ..] => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests;
