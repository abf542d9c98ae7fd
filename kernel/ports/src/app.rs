//! Programs that people have let in by OAuth, and those that have registered themselves.

use async_trait::async_trait;
use kernel_model::access::{Audience, Verbs};
use kernel_model::id::{AppId, ClientId};
use kernel_model::time::Time;

use crate::access::{Digest, Holder};
use crate::store::StoreError;

/// A program that has registered itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ClientId,
    /// What it calls itself; nobody has checked that.
    pub name: String,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    pub created_at: Time,
}

/// A program that somebody has let in. None of its codes and tokens is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedApp {
    pub id: AppId,
    /// On whose behalf it acts.
    pub holder: Holder,
    /// What it is known by: a [`ClientId`], or the address of its description.
    pub client: String,
    /// What it called itself.
    pub name: String,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// What it asked for, as it wrote it.
    pub resource: String,
    pub audience: Audience,
    pub verbs: Verbs,
    /// Names of projects, with `*` for any.
    pub projects: Vec<String>,
    /// Names of workspaces, with `*` for any and `x/*` for what is below `x`.
    pub workspaces: Vec<String>,
    /// Of the code that it was given.
    pub code: Digest,
    /// PKCE: base64url of the SHA-256 of what whoever brings the code must know.
    pub challenge: String,
    /// None until the code was used.
    pub refresh: Option<Refresh>,
    pub created_at: Time,
    pub expires_at: Time,
}

/// What an app gets its next tokens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    pub digest: Digest,
    /// The one before, which was used for this one.
    pub before: Option<Digest>,
    /// Since when it is this one.
    pub since: Time,
}

/// A token of an app, for an hour or so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppToken {
    pub digest: Digest,
    pub app: AppId,
    pub expires_at: Time,
}

/// Keeps both. Apps and tokens are loaded with [`crate::access::AccessData`].
#[async_trait]
pub trait AppStore: Send + Sync {
    /// Keeps what is known of an app, in place of what was known before, and one more token of it.
    /// Of each app so many tokens stay as [`APP_TOKENS_MAX`] says, and what has expired by `now` is
    /// forgotten.
    async fn app_put(
        &self,
        app: &ConnectedApp,
        token: Option<&AppToken>,
        now: Time,
    ) -> Result<(), StoreError>;
    /// Forgets apps with their tokens.
    async fn app_remove(&self, apps: &[AppId]) -> Result<(), StoreError>;

    /// Keeps a client. With it there are `max` at the most: the oldest without an app make room.
    /// Returns whether there was room.
    async fn client_add(&self, client: &Client, max: usize) -> Result<bool, StoreError>;
    async fn client_get(&self, id: ClientId) -> Result<Option<Client>, StoreError>;
}

/// The newest tokens of an app work; more are nobody's but a mistake's.
pub const APP_TOKENS_MAX: usize = 10;
