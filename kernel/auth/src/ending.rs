//! Ending logins, tokens and connected apps, for good.

use std::sync::PoisonError;

use kernel_model::id::{AppId, SessionId, TokenId};
use kernel_ports::access::Holder;

use crate::access::Access;
use crate::directory::Directory;
use crate::error::AccessError;
use crate::session::detached;

/// What is to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending {
    pub(crate) sessions: Vec<SessionId>,
    pub(crate) tokens: Vec<TokenId>,
    pub(crate) apps: Vec<AppId>,
}

impl Ending {
    /// Returns all by which somebody is known.
    pub(crate) fn all_of(directory: &Directory, holder: &Holder) -> Self {
        Self {
            sessions: directory.sessions_of(holder),
            tokens: directory.tokens_of(holder),
            apps: directory.apps_of(holder),
        }
    }

    fn sort(&mut self) {
        self.sessions.sort_unstable();
        self.sessions.dedup();
        self.tokens.sort_unstable();
        self.tokens.dedup();
        self.apps.sort_unstable();
        self.apps.dedup();
    }

    fn len(&self) -> usize {
        self.sessions.len() + self.tokens.len() + self.apps.len()
    }

    fn ids(&self) -> Vec<String> {
        let sessions = self.sessions.iter().map(ToString::to_string);
        let tokens = self.tokens.iter().map(ToString::to_string);
        sessions.chain(tokens).chain(self.apps.iter().map(ToString::to_string)).collect()
    }
}

impl Access {
    /// Ends all that; returns how many ended.
    pub(crate) async fn end(&self, mut ending: Ending) -> Result<usize, AccessError> {
        ending.sort();
        let this = self.clone();
        detached(async move {
            let _change = this.inner.change.lock().await;
            this.end_locked(&ending).await?;
            this.reload().await?;
            Ok(ending.len())
        })
        .await
    }

    /// The same for who holds the lock of changes. The list comes first: from then on it is final.
    pub(crate) async fn end_locked(&self, ending: &Ending) -> Result<(), AccessError> {
        let now = self.inner.clock.now();
        let (this, ids) = (self.clone(), ending.ids());
        let written = tokio::task::spawn_blocking(move || {
            let lock = this.inner.revocations.lock();
            lock.unwrap_or_else(PoisonError::into_inner).add(&ids, now)
        });
        let written = written.await.unwrap_or_else(|err| Err(std::io::Error::other(err)));
        written.map_err(|err| AccessError::Revocation { err })?;
        if !ending.tokens.is_empty() {
            self.inner.store.token_revoke(&ending.tokens, now).await?;
        }
        if !ending.sessions.is_empty() {
            self.inner.store.session_remove(&ending.sessions).await?;
        }
        if !ending.apps.is_empty() {
            self.inner.store.app_remove(&ending.apps).await?;
        }
        Ok(())
    }

    /// Logs out everywhere, for who holds the lock of changes.
    pub(crate) async fn end_all_of(&self, holder: &Holder) -> Result<(), AccessError> {
        let ending = Ending::all_of(&self.directory(), holder);
        self.end_locked(&ending).await
    }
}
