//! Letting a program in, and out again.

use kernel_model::id::AppId;
use kernel_ports::app::ConnectedApp;

use super::{AppClient, Asked, Level, client};
use crate::access::Access;
use crate::account::patterns_check;
use crate::caller::{Caller, Via};
use crate::ending::Ending;
use crate::error::{AccessError, Missing};
use crate::session::detached;
use crate::{pattern, token};

/// How codes begin, for people and for programs that look for leaked ones.
pub(super) const CODE: &str = "tenon_code_";
/// A program that works uses its code at once.
pub(super) const CODE_MS: u64 = 2 * 60_000;
/// Of one person.
const APPS_MAX: usize = 100;

/// What the person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppChoice {
    pub level: Level,
    pub projects: Vec<String>,
    pub workspaces: Vec<String>,
}

impl Access {
    /// Lets in a program for `by`. Returns its code, for this once.
    pub async fn app_allow(
        &self,
        by: &Caller,
        client: &AppClient,
        redirect_uri: &str,
        asked: Asked,
        choice: AppChoice,
    ) -> Result<(ConnectedApp, String), AccessError> {
        if !matches!(by.via, Via::Session(_)) {
            return Err(AccessError::NoSession);
        }
        let verbs = choice.level.verbs();
        if !Level::offered(by.verbs_anywhere()).contains(&choice.level) {
            let own = by.verbs_anywhere();
            let missing = verbs.iter().filter(|verb| !own.has(*verb)).collect();
            return Err(AccessError::NotCovered { missing: Missing::Verbs(missing) });
        }
        patterns_check(&choice.projects, &choice.workspaces)?;
        for (what, mine, asked) in [
            ("projects", by.projects(), &choice.projects),
            ("workspaces", by.workspaces(), &choice.workspaces),
        ] {
            if !pattern::cover(&mine, asked) {
                return Err(AccessError::NotCovered { missing: Missing::Patterns(what) });
            }
        }
        let inner = &self.inner;
        let (id, now) = (AppId(inner.entropy.id()), inner.clock.now());
        let (text, code) = token::mint(&inner.apps.code_key, secret(id, inner.entropy.secret()));
        let app = ConnectedApp {
            id,
            holder: by.holder.clone(),
            client: client.id.clone(),
            name: client::clip(&client.name, 80),
            redirect_uri: redirect_uri.to_owned(),
            resource: asked.resource,
            audience: asked.audience,
            verbs,
            projects: choice.projects,
            workspaces: choice.workspaces,
            code,
            challenge: asked.challenge,
            refresh: None,
            created_at: now,
            expires_at: now.plus_ms(CODE_MS),
        };
        let this = self.clone();
        detached(async move {
            let _change = this.inner.change.lock().await;
            let own = this.directory().apps_of(&app.holder);
            let is_live = |id: &&AppId| this.app(**id).is_ok_and(|app| app.expires_at > now);
            if own.iter().filter(is_live).count() >= APPS_MAX {
                return Err(AccessError::AppsFull { max: APPS_MAX });
            }
            this.inner.store.app_put(&app, None, now).await?;
            // The store has forgotten what has expired, and so do we.
            this.reload().await?;
            Ok((app, format!("{CODE}{text}")))
        })
        .await
    }

    /// Returns the apps that are connected, from the oldest.
    #[must_use]
    pub fn apps(&self) -> Vec<ConnectedApp> {
        let now = self.inner.clock.now();
        let all = self.directory().apps();
        let live = all.iter().map(|known| &known.app).filter(|app| app.expires_at > now);
        live.filter(|app| app.refresh.is_some()).cloned().collect()
    }

    pub fn app(&self, id: AppId) -> Result<ConnectedApp, AccessError> {
        let found = self.directory().app(id).map(|known| known.app.clone());
        found.ok_or_else(|| AccessError::AppUnknown { app: id.to_string() })
    }

    /// Lets an app in no more, for good.
    pub async fn app_revoke(&self, id: AppId) -> Result<(), AccessError> {
        self.app(id)?;
        self.end(Ending { apps: vec![id], ..Ending::default() }).await.map(drop)
    }
}

/// Returns a secret that says whose it is: the id, and as many random bytes.
pub(super) fn secret(id: AppId, random: [u8; 32]) -> [u8; 32] {
    let mut secret = random;
    secret[..16].copy_from_slice(&id.0.to_be_bytes());
    secret
}

/// Returns whose a secret is.
pub(super) fn owner(secret: &[u8; 32]) -> AppId {
    let (id, _) = secret.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    AppId(u128::from_be_bytes(*id))
}
