//! Programs that people let in, by OAuth 2.1: what they ask, what they are given, and how it ends.
//!
//! A program is known by the address of its description (a Client ID Metadata Document), or has
//! registered itself. Somebody who is logged in lets it in, with no more than they may do themselves.
//! It gets a code, exchanges it once for a token and a refresh token, and each refresh token once for
//! the next. All of that is one [`ConnectedApp`](kernel_ports::app::ConnectedApp), which lives in the
//! store: a restart at any moment changes nothing.
//!
//! Invariants:
//! - Codes and tokens are kept as digests. One that this server did not make is refused by arithmetic.
//! - Programs have no secrets: whoever brings a code must know what its challenge was made of (S256).
//! - A code that comes twice, and a refresh token that is not the newest, end the app.
//! - Only for somebody who is logged in a description is fetched, from public addresses.

mod ask;
mod caller;
mod client;
mod consent;
mod document;
mod exchange;
mod level;
mod pace;
mod redirect;

use kernel_ports::keyring::SubKey;

pub use ask::{AppRequest, Asked, OauthError};
pub use client::{AppClient, ClientDraft, ClientError};
pub use consent::AppChoice;
pub use exchange::{AppTokens, CodeExchange, RefreshExchange};
pub use level::Level;

use document::Documents;
use pace::Pace;

/// What is needed for all of them.
pub(crate) struct Apps {
    code_key: SubKey,
    refresh_key: SubKey,
    documents: Documents,
    registrations: Pace,
}

impl Apps {
    pub(crate) fn new(code_key: SubKey, refresh_key: SubKey) -> Self {
        Self {
            code_key,
            refresh_key,
            documents: Documents::default(),
            registrations: Pace::new(client::REGISTRATIONS_PER_HOUR),
        }
    }
}

/// Returns whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
