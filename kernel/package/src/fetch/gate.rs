//! Which addresses may be dialled: asked for every name once it is resolved, and for every address
//! that stands in a URL, also where a redirect leads.
//!
//! Invariants:
//! - The very address that was judged is dialled, so that a name which changes in between gains
//!   nothing.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Decides where requests may go.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Says whether `host` may be reached at this address.
    ///
    /// # Errors
    /// Fails with the reason and the way out, as the end of a sentence about the host.
    fn check(&self, host: &str, address: IpAddr) -> Result<(), String>;
}

/// A gate said no.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{host} must not be reached: {reason}")]
pub(crate) struct Denied {
    pub(crate) host: String,
    pub(crate) reason: String,
}

/// Checks a host that is an address: those never reach the resolver.
pub(crate) fn literal_check(gate: Option<&dyn Gate>, url: &Url) -> Result<(), Denied> {
    let Some(gate) = gate else { return Ok(()) };
    let host = url.host_str().unwrap_or_default();
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => {
            gate.check(host, address).map_err(|reason| Denied { host: host.to_owned(), reason })
        }
        Err(_) => Ok(()),
    }
}

/// Returns the refusal that made a request fail, if that is why.
pub(crate) fn denied(err: &reqwest::Error) -> Option<&Denied> {
    let mut cause = err.source();
    while let Some(err) = cause {
        if let Some(denied) = err.downcast_ref() {
            return Some(denied);
        }
        cause = err.source();
    }
    None
}

/// Resolves names by the system, and drops the addresses that must not be reached.
#[derive(Debug, Clone)]
pub(crate) struct Gated(pub(crate) Arc<dyn Gate>);

impl Resolve for Gated {
    fn resolve(&self, name: Name) -> Resolving {
        let gate = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let mut fit = Vec::<SocketAddr>::new();
            let mut refused = None;
            for address in tokio::net::lookup_host((host.as_str(), 0)).await? {
                match gate.check(&host, address.ip()) {
                    Ok(()) => fit.push(address),
                    Err(reason) => refused = refused.or(Some(reason)),
                }
            }
            match refused.filter(|_| fit.is_empty()) {
                Some(reason) => Err(Box::new(Denied { host, reason }) as Box<_>),
                None => Ok(Box::new(fit.into_iter()) as Addrs),
            }
        })
    }
}
