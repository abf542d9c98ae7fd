//! How many requests an address, a token and a project may make.
//!
//! A bucket is one number: the time at which it would be empty again (GCRA). Buckets are kept in
//! two generations of bounded size, so that a flood of addresses costs no more memory than that.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel_model::name::ProjectName;
use kernel_ports::clock::Clock;

use super::client::Client;
use super::project::Wanted;
use crate::code::Code;
use crate::error::ApiError;

/// So many buckets in each generation.
const BUCKETS_MAX: usize = 50_000;
/// A client that was silent may do so much of a minute's worth at once.
const BURST_PARTS: u64 = 6;
const MINUTE_US: u64 = 60_000_000;
/// Whoever watches over the server must see it when it is flooded.
const FREE: [&str; 2] = ["/livez", "/readyz"];

/// Requests in a minute; zero is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub address: u64,
    pub token: u64,
    pub project: u64,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    /// A hash of it: the table holds no secrets.
    Token(u64),
    /// None: the request is about none in particular.
    Project(Option<ProjectName>),
}

/// The buckets.
pub(crate) struct Limiter {
    rates: Rates,
    hasher: RandomState,
    clock: Arc<dyn Clock>,
    buckets: Mutex<Buckets>,
}

/// Those that were used lately, and those that were before.
#[derive(Debug, Default)]
struct Buckets {
    young: HashMap<Key, u64>,
    old: HashMap<Key, u64>,
}

/// Passes on what is within the limits.
pub(crate) async fn limit(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Response {
    if FREE.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let client = request.extensions().get::<Client>().copied().unwrap_or_default();
    let token = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
    let project = request.extensions().get::<Wanted>().and_then(Wanted::counted);
    match limiter.refusal(client, token, project) {
        None => next.run(request).await,
        Some((whose, wait_us)) => {
            let detail = format!("there are too many requests of this {whose}");
            ApiError::new(Code::RateLimited, detail)
                .hint("wait as long as Retry-After says; the operator sets limits.*_rate")
                .retry_after(wait_us.div_ceil(1_000))
                .into_response()
        }
    }
}

impl Limiter {
    pub(crate) fn new(rates: Rates, clock: Arc<dyn Clock>) -> Self {
        let buckets = Mutex::default();
        Self { rates, hasher: RandomState::new(), clock, buckets }
    }

    /// Counts a request. Returns who has made too many, and after how many microseconds there may
    /// be another one.
    fn refusal(
        &self,
        client: Client,
        token: Option<&[u8]>,
        project: Option<ProjectName>,
    ) -> Option<(&'static str, u64)> {
        let Rates { address, token: token_rate, project: project_rate } = self.rates;
        // Whoever is on this machine needs no network to bring it down.
        let remote = client.address.filter(|address| !address.is_loopback());
        let keys = [
            ("address", remote.map(|address| Key::Address(group(address))), address),
            ("token", token.map(|token| Key::Token(self.hasher.hash_one(token))), token_rate),
            // Calls within the process are free.
            ("project", client.address.map(|_| Key::Project(project)), project_rate),
        ];
        let now_us = self.clock.now().0.saturating_mul(1_000);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let limited = keys.into_iter().filter(|(.., rate)| *rate > 0);
        for (whose, key, rate) in limited {
            let Some(key) = key else { continue };
            if let Err(wait_us) = buckets.take(key, rate, now_us) {
                return Some((whose, wait_us));
            }
        }
        None
    }
}

impl Buckets {
    /// Takes one request out of a bucket, or says how long it takes until there is one again.
    fn take(&mut self, key: Key, per_minute: u64, now_us: u64) -> Result<(), u64> {
        let cost_us = (MINUTE_US / per_minute).max(1);
        let burst_us = (MINUTE_US / BURST_PARTS).max(cost_us);
        let known = self.young.get(&key).or_else(|| self.old.get(&key)).copied();
        let empty_at = known.unwrap_or(0).max(now_us) + cost_us;
        let wait_us = empty_at.saturating_sub(now_us + burst_us);
        if wait_us > 0 {
            return Err(wait_us);
        }
        if self.young.len() >= BUCKETS_MAX && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, empty_at);
        Ok(())
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn group(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests;
