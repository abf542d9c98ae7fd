//! The service as a whole: opening it, and who asks.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use kernel_model::access::Verbs;
use kernel_model::id::{SessionId, TokenId};
use kernel_model::time::Time;
use kernel_ports::access::{AccessStore, Digest, Holder};
use kernel_ports::clock::{Clock, Entropy};
use kernel_ports::keyring::{Keyring, SubKey};
use kernel_ports::store::StoreError;
use tokio::sync::mpsc;

use crate::app::Apps;
use crate::audit::Audit;
use crate::caller::{Caller, Via};
use crate::device::Devices;
use crate::directory::{Directory, KnownSession, KnownToken, local_identity};
use crate::error::{AccessError, Unknown};
use crate::mac;
use crate::password::Passwords;
use crate::revocation::{self, Revocations};
use crate::rule::Rule;
use crate::throttle::Throttle;
use crate::token::{self, PREFIX};

/// The use of a token or session is written down when the last note is older than this.
const NOTE_MS: u64 = 60_000;

/// What the service is made from.
pub struct Parts {
    pub store: Arc<dyn AccessStore>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub keyring: Arc<dyn Keyring>,
    /// Where what must not go back in time is kept; nothing is kept without.
    pub folder: Option<PathBuf>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// How people are known.
#[derive(Clone)]
pub struct Settings {
    /// Ask nobody who they are: everybody may do everything.
    pub is_open: bool,
    /// Write down what was done.
    pub is_audited: bool,
    /// The SHA-256 of a token that may do everything.
    pub super_hash: Option<Digest>,
    /// The name and password of a user who may do everything.
    pub basic: Option<(String, String)>,
    /// What a thing was like before and after a change is written down up to this size.
    pub audit_state_bytes_max: usize,
    /// A session ends after this time without a request.
    pub idle_ms: u64,
    /// A session ends after this time.
    pub session_ms: u64,
    /// Whom the configuration makes a maintainer of the server: an expression, as rules have it.
    pub rule: Option<String>,
    /// What tokens and sessions are signed with, in place of the keyring. Those that were signed
    /// with something else end.
    pub signing_secret: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_open: false,
            is_audited: true,
            super_hash: None,
            basic: None,
            audit_state_bytes_max: 4_096,
            idle_ms: 60 * 60_000,
            session_ms: 12 * 60 * 60_000,
            rule: None,
            signing_secret: None,
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

/// What a request brings along.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    Nothing,
    Bearer(&'a str),
    Cookie(&'a str),
    Basic { name: &'a str, password: &'a str },
}

impl std::fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Bearer(_) => "Bearer(…)",
            Self::Cookie(_) => "Cookie(…)",
            Self::Basic { .. } => "Basic(…)",
        })
    }
}

/// A cheap handle on who may do what.
#[derive(Clone)]
pub struct Access {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn AccessStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) token_key: SubKey,
    pub(crate) session_key: SubKey,
    pub(crate) csrf_key: SubKey,
    pub(crate) keyring: Arc<dyn Keyring>,
    pub(crate) devices: Devices,
    pub(crate) apps: Apps,
    pub(crate) audit: Audit,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) revocations: Mutex<Revocations>,
    pub(crate) directory: RwLock<Directory>,
    /// Held while the store and the directory change together.
    pub(crate) change: tokio::sync::Mutex<()>,
    notes: mpsc::UnboundedSender<Note>,
}

/// The use of something, to be written down when there is time.
enum Note {
    Token(TokenId, Time),
    Session(SessionId, Time),
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Access {
    /// Reads who may do what. What was revoked stays so, whatever the store says.
    pub async fn open(parts: Parts, settings: Settings) -> Result<Self, AccessError> {
        let Parts { store, clock, entropy, keyring, folder } = parts;
        let list = folder.as_ref().map(|folder| folder.join("revoked"));
        let mut revocations =
            Revocations::open(list).map_err(|err| AccessError::Revocation { err })?;
        revocation::merge(&*store, &mut revocations, clock.now()).await?;
        if let Some(rule) = &settings.rule {
            Rule::new(rule)?;
        }
        let mut data = store.access_load().await?;
        let devices = std::mem::take(&mut data.devices);
        let directory = Directory::new(data, settings.rule.as_deref());
        let audit = Audit::open(
            Arc::clone(&store),
            Arc::clone(&clock),
            keyring.derive("audit"),
            folder.filter(|_| settings.is_audited).map(|folder| folder.join("audit.head")),
            settings.audit_state_bytes_max,
        )
        .await?;
        let signing = |purpose: &str| match &settings.signing_secret {
            Some(secret) => mac::derive(secret, purpose),
            None => keyring.derive(purpose),
        };
        let (notes, noted) = mpsc::unbounded_channel();
        tokio::spawn(write_notes(Arc::clone(&store), noted));
        Ok(Self {
            inner: Arc::new(Inner {
                passwords: Passwords::new(&entropy.secret()),
                store,
                clock,
                entropy,
                token_key: signing("access token"),
                session_key: signing("browser session"),
                csrf_key: signing("csrf"),
                devices: Devices::new(signing("device code"), devices),
                apps: Apps::new(signing("app code"), signing("app refresh token")),
                settings,
                keyring,
                audit,
                throttle: Throttle::default(),
                revocations: Mutex::new(revocations),
                directory: RwLock::new(directory),
                change: tokio::sync::Mutex::new(()),
                notes,
            }),
        })
    }

    /// Returns who asks, or why that is not known. Reads memory only.
    pub fn authenticate(
        &self,
        credential: &Credential<'_>,
        address: &str,
    ) -> Result<Caller, Unknown> {
        if self.inner.settings.is_open {
            return Ok(Caller::plain("anonymous", Via::Open, Verbs::all()));
        }
        match *credential {
            Credential::Nothing => Err(Unknown::Nobody),
            Credential::Bearer(text) => self.bearer(text),
            Credential::Cookie(text) => self.cookie(text),
            Credential::Basic { name, password } => self.basic(name, password, address),
        }
    }

    /// Returns somebody who was known a while ago, with what they may do now. It is no use of what
    /// they are known by: a session with an answer that goes on is idle if nothing else is asked.
    pub fn still(&self, caller: &Caller) -> Result<Caller, Unknown> {
        match caller.via {
            Via::Token(id) => {
                let known = self.directory().token_by_id(id).ok_or(Unknown::Revoked)?;
                self.token_caller(&known)
            }
            Via::Session(id) => {
                let known = self.directory().session_by_id(id).ok_or(Unknown::SessionOver)?;
                self.session_caller(&known)
            }
            Via::App(id) => {
                let known = self.directory().app(id).ok_or(Unknown::Revoked)?;
                self.app_caller(&known)
            }
            // The settings do not change while the server runs, and what a plugin asks for ends soon.
            Via::Nothing | Via::Open | Via::Super | Via::Basic | Via::Plugin => Ok(caller.clone()),
        }
    }

    /// Returns what was done, and where it is written down.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.inner.audit
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.inner.settings.is_open
    }

    #[must_use]
    pub fn is_audited(&self) -> bool {
        self.inner.settings.is_audited
    }

    /// Returns whether nobody can get in: there are no users, tokens, or other ways.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let settings = &self.inner.settings;
        let directory = self.directory();
        !settings.is_open
            && settings.super_hash.is_none()
            && settings.basic.is_none()
            && directory.users.is_empty()
            && !directory.tokens().iter().any(|known| known.token.revoked_at.is_none())
    }

    fn bearer(&self, text: &str) -> Result<Caller, Unknown> {
        let digest = text.strip_prefix(PREFIX).and_then(|t| token::read(&self.inner.token_key, t));
        if let Some(digest) = digest {
            return self.token(&digest);
        }
        let is_super = self.inner.settings.super_hash.as_ref();
        if is_super.is_some_and(|hash| mac::same(&mac::sha256(text.as_bytes()), hash)) {
            return Ok(Caller::plain("super", Via::Super, Verbs::all()));
        }
        Err(Unknown::Forged)
    }

    fn token(&self, digest: &Digest) -> Result<Caller, Unknown> {
        let Some(known) = self.directory().token(digest) else { return self.app_token(digest) };
        let caller = self.token_caller(&known)?;
        self.note_token(&known, self.inner.clock.now());
        Ok(caller)
    }

    /// Returns who has a token, if it works still.
    pub(crate) fn token_caller(&self, known: &KnownToken) -> Result<Caller, Unknown> {
        let token = &known.token;
        if token.revoked_at.is_some() {
            return Err(Unknown::Revoked);
        }
        if token.expires_at.is_some_and(|at| at <= self.inner.clock.now()) {
            return Err(Unknown::Expired);
        }
        let mut caller = match &token.holder {
            Holder::Service => {
                let actor = format!("token/{}", token.name);
                Caller::plain(&actor, Via::Token(token.id), token.verbs)
            }
            holder => {
                let person = person(&self.directory(), holder, Via::Token(token.id));
                person.ok_or(Unknown::Disabled)?
            }
        };
        caller.limits = Some(Arc::clone(&known.limits));
        Ok(caller)
    }

    /// Returns who is known by the settings alone, if they say so still.
    pub(crate) fn service(&self, actor: &str) -> Option<Caller> {
        let settings = &self.inner.settings;
        let (is_known, via) = match actor.strip_prefix("basic/") {
            Some(name) => {
                (settings.basic.as_ref().is_some_and(|(known, _)| known == name), Via::Basic)
            }
            None => (actor == "super" && settings.super_hash.is_some(), Via::Super),
        };
        is_known.then(|| Caller::plain(actor, via, Verbs::all()))
    }

    fn cookie(&self, text: &str) -> Result<Caller, Unknown> {
        let digest = token::read(&self.inner.session_key, text).ok_or(Unknown::Forged)?;
        let known = self.directory().session(&digest).ok_or(Unknown::SessionOver)?;
        let caller = self.session_caller(&known)?;
        self.note_session(&known, self.inner.clock.now());
        Ok(caller)
    }

    /// Returns who has a session, if it goes on still.
    fn session_caller(&self, known: &KnownSession) -> Result<Caller, Unknown> {
        let now = self.inner.clock.now();
        let seen = Time(known.seen_ms.load(Ordering::Relaxed));
        let is_idle = now.since_ms(seen) >= self.inner.settings.idle_ms;
        if is_idle || known.session.expires_at <= now {
            return Err(Unknown::SessionOver);
        }
        let via = Via::Session(known.session.id);
        person(&self.directory(), &known.session.holder, via).ok_or(Unknown::Disabled)
    }

    fn basic(&self, name: &str, password: &str, address: &str) -> Result<Caller, Unknown> {
        let now = self.inner.clock.now();
        let wait = self.inner.throttle.wait_ms(name, address, now);
        if let Some(wait_ms) = wait {
            return Err(Unknown::Throttled { wait_ms });
        }
        let digest = |text: &str| mac::sha256(text.as_bytes());
        let is_right = self.inner.settings.basic.as_ref().is_some_and(|(known, right)| {
            // Both are compared, so that the time does not tell which one is wrong.
            let name_is_right = mac::same(&digest(name), &digest(known));
            mac::same(&digest(password), &digest(right)) & name_is_right
        });
        if !is_right {
            self.inner.throttle.failed(name, address, now);
            return Err(Unknown::Password);
        }
        self.inner.throttle.succeeded(name);
        Ok(Caller::plain(&format!("basic/{name}"), Via::Basic, Verbs::all()))
    }

    pub(crate) fn directory(&self) -> std::sync::RwLockReadGuard<'_, Directory> {
        self.inner.directory.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_token(&self, known: &KnownToken, now: Time) {
        let noted = known.noted_ms.load(Ordering::Relaxed);
        if now.since_ms(Time(noted)) >= NOTE_MS
            && known.noted_ms.fetch_max(now.0, Ordering::Relaxed) == noted
        {
            // Without anybody who writes, the process ends.
            let _ = self.inner.notes.send(Note::Token(known.token.id, now));
        }
    }

    fn note_session(&self, known: &KnownSession, now: Time) {
        known.seen_ms.fetch_max(now.0, Ordering::Relaxed);
        let noted = known.noted_ms.load(Ordering::Relaxed);
        if now.since_ms(Time(noted)) >= NOTE_MS
            && known.noted_ms.fetch_max(now.0, Ordering::Relaxed) == noted
        {
            let _ = self.inner.notes.send(Note::Session(known.session.id, now));
        }
    }
}

/// Returns the holder as a caller, if there is still such a person.
pub(crate) fn person(directory: &Directory, holder: &Holder, via: Via) -> Option<Caller> {
    match holder {
        Holder::Service => None,
        Holder::User(id) => {
            let user = directory.users.get(id).filter(|user| !user.is_disabled)?;
            let identity = local_identity(user);
            Some(Caller {
                actor: format!("user/{}", user.name),
                via,
                holder: holder.clone(),
                grants: directory.user_grants(user, &identity),
                identity: Some(Arc::new(identity)),
                limits: None,
            })
        }
        Holder::Identity(identity) => {
            let known = directory.visitor(&identity.provider, &identity.user_id);
            if known.as_ref().is_some_and(|visitor| visitor.is_disabled) {
                return None;
            }
            // What the provider said at the last login counts for what was made before, too.
            let identity = known.as_ref().map_or(&**identity, |visitor| &visitor.identity);
            Some(Caller {
                actor: format!("{}/{}", identity.provider, identity_name(identity)),
                via,
                holder: Holder::Identity(Box::new(identity.clone())),
                grants: directory.identity_grants(identity),
                identity: Some(Arc::new(identity.clone())),
                limits: None,
            })
        }
    }
}

pub(crate) fn identity_name(identity: &kernel_ports::access::Identity) -> &str {
    let names = [&identity.nick_name, &identity.email, &identity.user_id];
    names.into_iter().find(|name| !name.is_empty()).map_or("?", String::as_str)
}

async fn write_notes(store: Arc<dyn AccessStore>, mut notes: mpsc::UnboundedReceiver<Note>) {
    while let Some(first) = notes.recv().await {
        let (mut tokens, mut sessions) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(note) = next {
            match note {
                Note::Token(id, at) => tokens.push((id, at)),
                Note::Session(id, at) => sessions.push((id, at)),
            }
            next = notes.try_recv().ok();
        }
        let result: Result<(), StoreError> = async {
            if !tokens.is_empty() {
                store.token_used(&tokens).await?;
            }
            if !sessions.is_empty() {
                store.session_seen(&sessions).await?;
            }
            Ok(())
        }
        .await;
        if let Err(err) = result {
            tracing::warn!(%err, "failed to note when tokens and sessions were used");
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
