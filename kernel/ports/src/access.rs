//! Who may do what: users, tokens, sessions, roles and rules, as they are kept.

use async_trait::async_trait;
use kernel_model::access::{Scope, Verbs};
use kernel_model::id::{SessionId, TokenId, UserId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use serde::{Deserialize, Serialize};

use crate::app::{AppStore, AppToken, ConnectedApp};
use crate::audit::AuditStore;
use crate::login::{Device, LoginStore};
use crate::store::StoreError;

/// A SHA-256: what is kept instead of a token or cookie.
pub type Digest = [u8; 32];

/// Somebody with a password here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: Name,
    pub email: String,
    /// What rules can ask for.
    pub groups: Vec<String>,
    /// What the user may do on the server as a whole; `None`: what rules say.
    pub role: Option<Name>,
    /// A PHC string. `None`: this user cannot log in by password.
    pub password: Option<String>,
    pub is_disabled: bool,
    pub created_at: Time,
    pub changed_at: Time,
}

/// Somebody whom another system vouches for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The binding of the identity plugin.
    pub provider: String,
    /// The provider's name for this user, which never changes.
    pub user_id: String,
    pub name: String,
    pub nick_name: String,
    pub email: String,
    pub avatar_url: String,
    pub organizations: Vec<String>,
    pub groups: Vec<String>,
    pub scopes: Vec<String>,
    /// All that the provider said, as a JSON object; empty if there is nothing.
    pub raw_json: String,
}

/// Somebody from another system who has logged in here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// As described at the last login.
    pub identity: Identity,
    pub is_disabled: bool,
    pub first_at: Time,
    pub last_at: Time,
}

/// On whose behalf a token or session acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// On nobody's: it may do what it says itself.
    Service,
    /// It may do what the user may do at that moment, and no more than it says.
    User(UserId),
    /// The same for somebody from another system, as described at login.
    Identity(Box<Identity>),
}

impl Holder {
    /// Returns whether it is the same person: whoever has the same account at the same provider is,
    /// whatever else changed. A service is nobody.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User(a), Self::User(b)) => a == b,
            (Self::Identity(a), Self::Identity(b)) => {
                a.provider == b.provider && a.user_id == b.user_id
            }
            (Self::Service | Self::User(_) | Self::Identity(_), _) => false,
        }
    }
}

/// An access token. Its text is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub digest: Digest,
    pub name: String,
    pub holder: Holder,
    pub verbs: Verbs,
    /// Names of projects, with `*` for any.
    pub projects: Vec<String>,
    /// Names of workspaces, with `*` for any and `x/*` for what is below `x`.
    pub workspaces: Vec<String>,
    /// Who made it.
    pub created_by: String,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
    pub used_at: Option<Time>,
}

/// A browser that is logged in. Its cookie is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub digest: Digest,
    pub holder: Holder,
    pub address: String,
    pub created_at: Time,
    pub seen_at: Time,
    /// The end however busy it is.
    pub expires_at: Time,
}

/// A name for verbs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: Name,
    pub verbs: Verbs,
}

/// Who has a role within a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub scope: Scope,
    pub role: Name,
    /// True for those who have it.
    pub expression: String,
    pub changed_by: String,
    pub changed_at: Time,
}

/// Everything that a check looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessData {
    pub users: Vec<User>,
    pub visitors: Vec<Visitor>,
    pub tokens: Vec<Token>,
    pub sessions: Vec<Session>,
    pub apps: Vec<ConnectedApp>,
    pub app_tokens: Vec<AppToken>,
    pub devices: Vec<Device>,
    pub roles: Vec<Role>,
    pub rules: Vec<Rule>,
}

/// Keeps all that. Checks are made on a copy in memory, so nothing here is fast.
#[async_trait]
pub trait AccessStore: AuditStore + AppStore + LoginStore {
    async fn access_load(&self) -> Result<AccessData, StoreError>;

    /// Adds a user; a name that is taken is [`StoreError::Conflict`].
    async fn user_add(&self, user: &User) -> Result<(), StoreError>;
    /// Replaces what is known of a user.
    async fn user_set(&self, user: &User) -> Result<(), StoreError>;
    /// Forgets a user with the sessions and apps, and revokes the tokens.
    async fn user_remove(&self, user: UserId, at: Time) -> Result<(), StoreError>;

    /// Keeps what is known of a visitor, in place of what was known before.
    async fn visitor_set(&self, visitor: &Visitor) -> Result<(), StoreError>;

    async fn token_add(&self, token: &Token) -> Result<(), StoreError>;
    /// Revokes for good: what is revoked already stays revoked since then.
    async fn token_revoke(&self, tokens: &[TokenId], at: Time) -> Result<(), StoreError>;
    /// Notes when tokens were last used; unknown ones are no error.
    async fn token_used(&self, used: &[(TokenId, Time)]) -> Result<(), StoreError>;

    async fn session_add(&self, session: &Session) -> Result<(), StoreError>;
    async fn session_remove(&self, sessions: &[SessionId]) -> Result<(), StoreError>;
    /// Notes when sessions were last seen; unknown ones are no error.
    async fn session_seen(&self, seen: &[(SessionId, Time)]) -> Result<(), StoreError>;

    async fn role_set(&self, role: &Role) -> Result<(), StoreError>;
    /// Forgets a role; returns whether it was there.
    async fn role_remove(&self, role: &Name) -> Result<bool, StoreError>;
    /// Sets the rule of its scope and role.
    async fn rule_set(&self, rule: &Rule) -> Result<(), StoreError>;
    /// Forgets a rule; returns whether it was there.
    async fn rule_remove(&self, scope: &Scope, role: &Name) -> Result<bool, StoreError>;
}
