//! A browser's way to an identity provider and back.
//!
//! What must be known when it comes back travels along in a cookie, sealed with the keyring. The
//! store has only which ones have come back, so that none does twice, whatever happens in between.
//!
//! Invariants:
//! - Whoever comes back is who was sent: the state in the address must be that of the cookie.
//! - One provider's answer never counts for another: the cookie says where it was sent.
//! - Nothing that a browser sends is kept longer than a journey may last.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel_model::time::Time;
use kernel_ports::login::LoginUse;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::mac;

/// A journey may last so long: logging in there may need a second factor.
const AGE_MS: u64 = 10 * 60_000;
/// So many may come back within that time; further ones are refused rather than let in twice.
const KNOWN_MAX: usize = 100_000;
const SCOPE: &str = "login journey";

/// Where a browser is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JourneyPlan {
    /// The binding of the identity plugin.
    pub binding: String,
    /// Where the provider sends the browser back to.
    pub redirect_uri: String,
    /// The page of this server to show in the end.
    pub next: String,
}

/// A journey that begins.
#[derive(Clone)]
pub struct JourneyStarted {
    pub state: String,
    pub nonce: String,
    /// PKCE: base64url of the SHA-256 of the verifier.
    pub challenge: String,
    /// The value of the cookie.
    pub cookie: String,
    pub age_ms: u64,
}

/// A journey that has ended well.
#[derive(Clone)]
pub struct Journey {
    pub plan: JourneyPlan,
    pub nonce: String,
    /// PKCE: what the challenge was made of.
    pub verifier: String,
}

/// Why a browser that comes back is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JourneyError {
    #[error("this browser did not begin to log in here, or has forgotten it")]
    Unknown,
    /// Changed, or of another server.
    #[error("what this browser remembers of its login is not what this server gave it")]
    Tampered,
    #[error("the login took too long")]
    Expired,
    #[error("the answer belongs to another login than the one that this browser began last")]
    State,
    #[error("this login has ended already")]
    Replayed,
    #[error("too many people log in at this moment")]
    Busy,
    #[error("the server cannot remember logins; its log says why")]
    Broken,
}

/// What the cookie says.
#[derive(Serialize, Deserialize)]
struct Luggage {
    binding: String,
    redirect_uri: String,
    next: String,
    state: String,
    nonce: String,
    verifier: String,
    ends_at: u64,
}

impl std::fmt::Debug for JourneyStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JourneyStarted").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Journey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journey").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Access {
    /// Begins the way to a provider.
    pub fn journey_start(&self, plan: JourneyPlan) -> Result<JourneyStarted, JourneyError> {
        let random = || URL_SAFE_NO_PAD.encode(self.inner.entropy.secret());
        let luggage = Luggage {
            binding: plan.binding,
            redirect_uri: plan.redirect_uri,
            next: plan.next,
            state: random(),
            nonce: random(),
            verifier: random(),
            ends_at: self.inner.clock.now().plus_ms(AGE_MS).0,
        };
        let plain = serde_json::to_vec(&luggage).map_err(|err| broken(&err))?;
        let sealed = self.inner.keyring.seal(SCOPE, b"", &plain).map_err(|err| broken(&err))?;
        Ok(JourneyStarted {
            challenge: URL_SAFE_NO_PAD.encode(mac::sha256(luggage.verifier.as_bytes())),
            state: luggage.state,
            nonce: luggage.nonce,
            cookie: URL_SAFE_NO_PAD.encode(sealed),
            age_ms: AGE_MS,
        })
    }

    /// Ends it, for good: whatever follows, the same answer is not taken again.
    pub async fn journey_end(&self, cookie: &str, state: &str) -> Result<Journey, JourneyError> {
        if cookie.is_empty() {
            return Err(JourneyError::Unknown);
        }
        let sealed = URL_SAFE_NO_PAD.decode(cookie).map_err(|_| JourneyError::Tampered)?;
        let plain = self.inner.keyring.open(SCOPE, b"", &sealed);
        let plain = plain.map_err(|_| JourneyError::Tampered)?;
        let luggage: Luggage =
            serde_json::from_slice(&plain).map_err(|_| JourneyError::Tampered)?;
        let (now, ends_at) = (self.inner.clock.now(), Time(luggage.ends_at));
        if ends_at <= now {
            return Err(JourneyError::Expired);
        }
        if !mac::same(luggage.state.as_bytes(), state.as_bytes()) {
            return Err(JourneyError::State);
        }
        let digest = mac::sha256(luggage.state.as_bytes());
        let used = self.inner.store.login_use(&digest, ends_at, now, KNOWN_MAX).await;
        match used.map_err(|err| broken(&err))? {
            LoginUse::First => {}
            LoginUse::Again => return Err(JourneyError::Replayed),
            LoginUse::Full => return Err(JourneyError::Busy),
        }
        let Luggage { binding, redirect_uri, next, nonce, verifier, .. } = luggage;
        Ok(Journey { plan: JourneyPlan { binding, redirect_uri, next }, nonce, verifier })
    }
}

fn broken(err: &dyn std::fmt::Display) -> JourneyError {
    tracing::error!(%err, "failed to remember a login");
    JourneyError::Broken
}

#[cfg(test)]
mod tests;
