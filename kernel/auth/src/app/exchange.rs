//! What a program gets for its code, and for its refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel_ports::app::{AppToken, ConnectedApp, Refresh};

use super::ask::{Asked, OauthError};
use super::consent::{CODE, owner, secret};
use crate::access::{Access, person};
use crate::caller::Via;
use crate::ending::Ending;
use crate::error::AccessError;
use crate::mac;
use crate::session::detached;
use crate::token::{self, PREFIX};

/// How refresh tokens begin, for people and for programs that look for leaked ones.
const REFRESH: &str = "tenon_refresh_";
/// A token works so long; a stolen one, too.
const TOKEN_MS: u64 = 60 * 60_000;
/// An app that asks for nothing in this time is gone.
const IDLE_MS: u64 = 30 * 24 * 60 * 60_000;
/// And after this time the person is asked again.
const LIFE_MS: u64 = 180 * 24 * 60 * 60_000;
/// An answer that was lost can be asked for again. It has the same refresh token, so that nobody gets
/// a second line of tokens by that.
const GRACE_MS: u64 = 30_000;

/// What comes with a code.
#[derive(Clone, Default)]
pub struct CodeExchange {
    pub code: String,
    pub client_id: String,
    /// Empty: as it was.
    pub redirect_uri: String,
    pub verifier: String,
    pub resource: String,
}

/// What comes with a refresh token.
#[derive(Clone, Default)]
pub struct RefreshExchange {
    pub refresh: String,
    pub client_id: String,
    /// Empty, both: as it was.
    pub resource: String,
    pub scope: String,
}

/// What a program gets.
#[derive(Clone)]
pub struct AppTokens {
    pub app: ConnectedApp,
    pub token: String,
    pub refresh: String,
    /// How long the token works.
    pub age_ms: u64,
}

impl std::fmt::Debug for CodeExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeExchange").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RefreshExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshExchange")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AppTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppTokens").field("app", &self.app.id).finish_non_exhaustive()
    }
}

/// What to do with what a program brought.
enum Verdict {
    Give {
        app: Box<ConnectedApp>,
        refresh: [u8; 32],
    },
    /// It was stolen, here or there.
    End {
        app: Box<ConnectedApp>,
        reason: &'static str,
    },
}

fn refused(reason: &'static str) -> OauthError {
    OauthError::Grant { reason }
}

impl Access {
    /// Gives a program its first tokens.
    pub async fn app_connect(&self, exchange: CodeExchange) -> Result<AppTokens, OauthError> {
        self.app_give(move |access| access.code_judge(&exchange)).await
    }

    /// Gives a program its next tokens.
    pub async fn app_refresh(&self, exchange: RefreshExchange) -> Result<AppTokens, OauthError> {
        self.app_give(move |access| access.refresh_judge(&exchange)).await
    }

    /// Ends the app of a token or refresh token (RFC 7009). Returns it, if there is one; any other
    /// text ends nothing.
    pub async fn app_end(
        &self,
        text: &str,
        client_id: &str,
    ) -> Result<Option<ConnectedApp>, OauthError> {
        let inner = &self.inner;
        let refresh = text.strip_prefix(REFRESH);
        let refresh = refresh.and_then(|text| token::open(&inner.apps.refresh_key, text));
        let found = match refresh {
            Some(secret) => self.app(owner(&secret)).ok(),
            None => {
                let text = text.strip_prefix(PREFIX);
                let digest = text.and_then(|text| token::read(&inner.token_key, text));
                let known = digest.and_then(|digest| self.directory().app_token(&digest));
                known.and_then(|token| self.app(token.app).ok())
            }
        };
        let Some(app) = found else { return Ok(None) };
        if !client_id.is_empty() && app.client != client_id {
            return Err(refused("this token is another client's"));
        }
        self.end(Ending { apps: vec![app.id], ..Ending::default() }).await?;
        Ok(Some(app))
    }

    /// Judges and does under one lock: what is used once is used once.
    async fn app_give(
        &self,
        judge: impl FnOnce(&Self) -> Result<Verdict, OauthError> + Send + 'static,
    ) -> Result<AppTokens, OauthError> {
        let this = self.clone();
        let done = detached(async move {
            let _change = this.inner.change.lock().await;
            match judge(&this) {
                Err(err) => Ok(Err(err)),
                Ok(Verdict::Give { app, refresh }) => this.tokens_make(*app, refresh).await.map(Ok),
                Ok(Verdict::End { app, reason }) => {
                    tracing::warn!(app = %app.id, client = app.client, reason, "ended a connected app");
                    this.end_locked(&Ending { apps: vec![app.id], ..Ending::default() }).await?;
                    this.reload().await?;
                    Ok(Err(refused(reason)))
                }
            }
        });
        done.await?
    }

    fn code_judge(&self, exchange: &CodeExchange) -> Result<Verdict, OauthError> {
        let inner = &self.inner;
        let text = exchange.code.strip_prefix(CODE);
        let read = text.and_then(|text| token::open(&inner.apps.code_key, text));
        let read = read.ok_or(refused("this server did not give out this code"))?;
        let gone = "the code has expired, or the app was revoked";
        let app = self.app(owner(&read)).map_err(|_| refused(gone))?;
        if !mac::same(&mac::sha256(&read), &app.code) {
            return Err(refused(gone));
        }
        if app.refresh.is_some() {
            let reason = "the code was used before, so that what it gave has ended";
            return Ok(Verdict::End { app: Box::new(app), reason });
        }
        if app.client != exchange.client_id {
            return Err(refused("the code is another client's"));
        }
        let now = inner.clock.now();
        if app.expires_at <= now {
            return Err(refused(gone));
        }
        if !exchange.redirect_uri.is_empty() && exchange.redirect_uri != app.redirect_uri {
            return Err(refused("redirect_uri is not where the code was sent"));
        }
        if !is_verifier(&exchange.verifier) || !proves(&exchange.verifier, &app.challenge) {
            return Err(refused("code_verifier is not what code_challenge was made of"));
        }
        if exchange.resource != app.resource {
            let found = &exchange.resource;
            let reason = format!("resource is {found:?}, and was {:?}", app.resource);
            return Err(OauthError::Target { reason });
        }
        self.holder_check(&app)?;
        let first = secret(app.id, inner.entropy.secret());
        let refresh = Refresh { digest: mac::sha256(&first), before: None, since: now };
        let app = ConnectedApp { refresh: Some(refresh), ..app };
        Ok(Verdict::Give { app: Box::new(app), refresh: first })
    }

    fn refresh_judge(&self, exchange: &RefreshExchange) -> Result<Verdict, OauthError> {
        let inner = &self.inner;
        let text = exchange.refresh.strip_prefix(REFRESH);
        let read = text.and_then(|text| token::open(&inner.apps.refresh_key, text));
        let read = read.ok_or(refused("this server did not give out this refresh token"))?;
        let gone = "the app was revoked, or was not used for too long";
        let app = self.app(owner(&read)).map_err(|_| refused(gone))?;
        let now = inner.clock.now();
        if app.expires_at <= now {
            return Err(refused(gone));
        }
        if app.client != exchange.client_id {
            return Err(refused("the refresh token is another client's"));
        }
        if !exchange.resource.is_empty() && exchange.resource != app.resource {
            let found = &exchange.resource;
            let reason = format!("resource is {found:?}, and was {:?}", app.resource);
            return Err(OauthError::Target { reason });
        }
        let allowed = Asked::scope(app.verbs);
        let is_allowed = |word: &str| allowed.split(' ').any(|known| known == word);
        if !exchange.scope.split(' ').filter(|word| !word.is_empty()).all(is_allowed) {
            return Err(OauthError::Scope { allowed, found: exchange.scope.clone() });
        }
        self.holder_check(&app)?;
        let Some(known) = app.refresh.clone() else { return Err(refused(gone)) };
        let digest = mac::sha256(&read);
        let next = self.refresh_next(&read);
        if mac::same(&digest, &known.digest) {
            let refresh = Refresh { digest: mac::sha256(&next), before: Some(digest), since: now };
            let app = ConnectedApp { refresh: Some(refresh), ..app };
            return Ok(Verdict::Give { app: Box::new(app), refresh: next });
        }
        let is_before = known.before.is_some_and(|before| mac::same(&digest, &before));
        if is_before && now.since_ms(known.since) < GRACE_MS {
            return Ok(Verdict::Give { app: Box::new(app), refresh: next });
        }
        let reason = "the refresh token was used before, so that all that it gave has ended";
        Ok(Verdict::End { app: Box::new(app), reason })
    }

    /// Returns what follows a refresh token: always the same, which only this server knows.
    fn refresh_next(&self, read: &[u8; 32]) -> [u8; 32] {
        secret(owner(read), mac::mac(&self.inner.apps.refresh_key, &[b"next", read]))
    }

    fn holder_check(&self, app: &ConnectedApp) -> Result<(), OauthError> {
        let person = person(&self.directory(), &app.holder, Via::App(app.id));
        person.map(drop).ok_or(refused("whoever let the app in may not log in any more"))
    }

    async fn tokens_make(
        &self,
        app: ConnectedApp,
        refresh: [u8; 32],
    ) -> Result<AppTokens, AccessError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        let end = app.created_at.plus_ms(LIFE_MS);
        let app = ConnectedApp { expires_at: now.plus_ms(IDLE_MS).min(end), ..app };
        let expires_at = now.plus_ms(TOKEN_MS).min(app.expires_at);
        let (text, digest) = token::mint(&inner.token_key, inner.entropy.secret());
        let token = AppToken { digest, app: app.id, expires_at };
        inner.store.app_put(&app, Some(&token), now).await?;
        let mut directory = self.directory_mut();
        directory.app_put(app.clone());
        directory.app_token_put(token);
        Ok(AppTokens {
            app,
            token: format!("{PREFIX}{text}"),
            refresh: format!("{REFRESH}{}", token::mint(&inner.apps.refresh_key, refresh).0),
            age_ms: expires_at.since_ms(now),
        })
    }
}

/// Returns whether it is as RFC 7636 wants it.
fn is_verifier(text: &str) -> bool {
    let is_good = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_good)
}

fn proves(verifier: &str, challenge: &str) -> bool {
    let made = URL_SAFE_NO_PAD.encode(mac::sha256(verifier.as_bytes()));
    mac::same(made.as_bytes(), challenge.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{is_verifier, proves};

    #[test]
    fn the_proof_is_that_of_the_specification() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(proves(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(!proves(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"));
        assert!(is_verifier(verifier) && !is_verifier("short"));
        assert!(!is_verifier(&"x".repeat(129)) && !is_verifier(&" ".repeat(43)));
    }
}
