//! Logging in and out.

use kernel_model::access::Verbs;
use kernel_model::id::SessionId;
use kernel_ports::access::{Holder, Session, Token};

use crate::access::{Access, person};
use crate::caller::{Caller, Via};
use crate::ending::Ending;
use crate::error::{AccessError, LoginError};
use crate::password::Busy;
use crate::token::{self, TokenDraft};
use crate::{digits, mac};

/// A token of a login works so long.
const LOGIN_TOKEN_MS: u64 = 30 * 24 * 60 * 60_000;

/// Who made the tokens of logins.
pub(crate) const LOGIN: &str = "login";

/// A session that has begun.
#[derive(Clone)]
pub struct Started {
    pub caller: Caller,
    /// For the cookie.
    pub secret: String,
    /// What changing requests must repeat in a header.
    pub csrf: String,
    /// How long it lasts at the most.
    pub age_ms: u64,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Started").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl Access {
    /// Returns the user of that name and password. Too many mistakes are slowed down.
    pub async fn login(
        &self,
        name: &str,
        password: &str,
        address: &str,
    ) -> Result<Holder, LoginError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        if let Some(wait_ms) = inner.throttle.wait_ms(name, address, now) {
            return Err(LoginError::Throttled { wait_ms });
        }
        let user = self.directory().user_by_name(name).filter(|user| !user.is_disabled);
        let phc = user.as_ref().and_then(|user| user.password.clone());
        // Counted before it is known, so that many at once are not free.
        inner.throttle.failed(name, address, now);
        let verified = inner.passwords.verify(password, phc.as_deref()).await;
        match (verified, user) {
            (Err(Busy), _) => Err(LoginError::Busy),
            (Ok(true), Some(user)) => {
                inner.throttle.succeeded(name);
                Ok(Holder::User(user.id))
            }
            (Ok(_), _) => Err(LoginError::Wrong),
        }
    }

    /// Begins a session of somebody who has just logged in.
    pub async fn session_start(
        &self,
        holder: Holder,
        address: &str,
    ) -> Result<Started, AccessError> {
        let this = self.clone();
        let address = address.to_owned();
        detached(async move {
            let inner = &this.inner;
            let (secret, digest) = token::mint(&inner.session_key, inner.entropy.secret());
            let now = inner.clock.now();
            let session = Session {
                id: SessionId(inner.entropy.id()),
                digest,
                holder,
                address,
                created_at: now,
                seen_at: now,
                expires_at: now.plus_ms(inner.settings.session_ms),
            };
            let _change = inner.change.lock().await;
            inner.store.session_add(&session).await?;
            let (via, holder) = (Via::Session(session.id), session.holder.clone());
            this.directory_mut().session_put(session);
            let caller = person(&this.directory(), &holder, via).unwrap_or_else(Caller::nobody);
            let csrf = this.csrf(&caller).unwrap_or_default();
            Ok(Started { caller, secret, csrf, age_ms: inner.settings.session_ms })
        })
        .await
    }

    /// Makes a token for the programs of somebody who has just logged in.
    pub async fn login_token(
        &self,
        holder: Holder,
        name: &str,
    ) -> Result<(Token, String), AccessError> {
        let draft = TokenDraft {
            name: name.to_owned(),
            holder,
            verbs: Verbs::all(),
            projects: vec!["*".to_owned()],
            workspaces: vec!["*".to_owned()],
            expires_at: Some(self.inner.clock.now().plus_ms(LOGIN_TOKEN_MS)),
        };
        self.token_make(draft, LOGIN.to_owned()).await
    }

    /// Returns what changing requests of a session must repeat in a header.
    #[must_use]
    pub fn csrf(&self, caller: &Caller) -> Option<String> {
        let Via::Session(id) = caller.via else { return None };
        let code = mac::mac(&self.inner.csrf_key, &[&id.0.to_be_bytes()]);
        Some(digits::write(&code[..20]))
    }

    /// Returns whether a request of a session has what no other site can know.
    #[must_use]
    pub fn csrf_is_right(&self, caller: &Caller, given: &str) -> bool {
        self.csrf(caller).is_some_and(|right| mac::same(right.as_bytes(), given.as_bytes()))
    }

    /// Ends what the caller has logged in with, or, `everywhere`, all of the caller's logins, tokens
    /// and connected apps. Returns how many ended.
    pub async fn logout(&self, caller: &Caller, everywhere: bool) -> Result<usize, AccessError> {
        let mut ending = Ending::default();
        if everywhere {
            ending = Ending::all_of(&self.directory(), &caller.holder);
        }
        match caller.via {
            Via::Session(id) => ending.sessions.push(id),
            Via::Token(id) => ending.tokens.push(id),
            Via::App(id) => ending.apps.push(id),
            Via::Nothing | Via::Open | Via::Super | Via::Basic | Via::Plugin => {}
        }
        self.end(ending).await
    }
}

/// Does work to its end even if nobody waits for it any more: the store and what is in memory change
/// together.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, AccessError>> + Send + 'static,
) -> Result<T, AccessError> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(err) => {
            tracing::error!(%err, "bug: a change of accounts panicked");
            Err(AccessError::Invalid { reason: "the change broke off".to_owned() })
        }
    }
}
