//! The store of the server as a whole, in memory.

mod app;
mod login;
mod plugin;
mod project;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel_model::access::Scope;
use kernel_model::id::{AppId, ClientId, SessionId, TokenId, UserId};
use kernel_model::name::{Name, ProjectName};
use kernel_model::time::Time;
use kernel_ports::access::{
    AccessData, AccessStore, Digest, Holder, Role, Rule, Session, Token, User, Visitor,
};
use kernel_ports::app::{AppToken, Client, ConnectedApp};
use kernel_ports::audit::{AuditFilter, AuditRow, AuditSeal, AuditStore};
use kernel_ports::login::Device;
use kernel_ports::plugin_store::{BindingRecord, DefaultRecord, PluginRecord};
use kernel_ports::project::ProjectRecord;
use kernel_ports::store::StoreError;

/// A store that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryControl {
    data: Mutex<Data>,
}

#[derive(Debug, Default)]
struct Data {
    users: BTreeMap<Name, User>,
    /// By provider and its name for them.
    visitors: BTreeMap<(String, String), Visitor>,
    tokens: BTreeMap<TokenId, Token>,
    sessions: BTreeMap<SessionId, Session>,
    apps: BTreeMap<AppId, ConnectedApp>,
    /// From the oldest.
    app_tokens: Vec<AppToken>,
    clients: BTreeMap<ClientId, Client>,
    devices: BTreeMap<Digest, Device>,
    /// By state: when each would have ended.
    used_logins: BTreeMap<Digest, Time>,
    roles: BTreeMap<Name, Role>,
    rules: BTreeMap<(String, Name), Rule>,
    audit: Vec<AuditRow>,
    seal: Option<AuditSeal>,
    checkpoints: Vec<AuditSeal>,
    plugins: BTreeMap<String, PluginRecord>,
    bindings: BTreeMap<String, BindingRecord>,
    /// By kind and project.
    defaults: BTreeMap<(String, String), DefaultRecord>,
    projects: BTreeMap<ProjectName, ProjectRecord>,
}

impl MemoryControl {
    /// Returns an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AccessStore for MemoryControl {
    async fn access_load(&self) -> Result<AccessData, StoreError> {
        let data = self.data();
        Ok(AccessData {
            users: data.users.values().cloned().collect(),
            visitors: data.visitors.values().cloned().collect(),
            tokens: data.tokens.values().cloned().collect(),
            sessions: data.sessions.values().cloned().collect(),
            apps: data.apps.values().cloned().collect(),
            app_tokens: data.app_tokens.clone(),
            devices: data.devices.values().cloned().collect(),
            roles: data.roles.values().cloned().collect(),
            rules: data.rules.values().cloned().collect(),
        })
    }

    async fn user_add(&self, user: &User) -> Result<(), StoreError> {
        let mut data = self.data();
        if data.users.contains_key(&user.name) {
            let what = format!("the user {}", user.name);
            return Err(StoreError::Conflict { what, seen: 0, found: 1 });
        }
        data.users.insert(user.name.clone(), user.clone());
        Ok(())
    }

    async fn user_set(&self, user: &User) -> Result<(), StoreError> {
        let mut data = self.data();
        let Some(old) = data.users.values().find(|known| known.id == user.id) else {
            return Err(StoreError::NotFound { what: format!("the user {}", user.name) });
        };
        let old = old.name.clone();
        data.users.remove(&old);
        data.users.insert(user.name.clone(), user.clone());
        Ok(())
    }

    async fn user_remove(&self, user: UserId, at: Time) -> Result<(), StoreError> {
        let mut data = self.data();
        let holder = Holder::User(user);
        for token in data.tokens.values_mut().filter(|token| token.holder == holder) {
            token.revoked_at.get_or_insert(at);
        }
        data.sessions.retain(|_, session| session.holder != holder);
        data.apps.retain(|_, app| app.holder != holder);
        data.app_tokens_clean();
        data.users.retain(|_, known| known.id != user);
        Ok(())
    }

    async fn visitor_set(&self, visitor: &Visitor) -> Result<(), StoreError> {
        let key = (visitor.identity.provider.clone(), visitor.identity.user_id.clone());
        self.data().visitors.insert(key, visitor.clone());
        Ok(())
    }

    async fn token_add(&self, token: &Token) -> Result<(), StoreError> {
        self.data().tokens.insert(token.id, token.clone());
        Ok(())
    }

    async fn token_revoke(&self, tokens: &[TokenId], at: Time) -> Result<(), StoreError> {
        let mut data = self.data();
        for token in tokens {
            if let Some(token) = data.tokens.get_mut(token) {
                token.revoked_at.get_or_insert(at);
            }
        }
        Ok(())
    }

    async fn token_used(&self, used: &[(TokenId, Time)]) -> Result<(), StoreError> {
        let mut data = self.data();
        for (token, at) in used {
            if let Some(token) = data.tokens.get_mut(token) {
                token.used_at = token.used_at.max(Some(*at));
            }
        }
        Ok(())
    }

    async fn session_add(&self, session: &Session) -> Result<(), StoreError> {
        self.data().sessions.insert(session.id, session.clone());
        Ok(())
    }

    async fn session_remove(&self, sessions: &[SessionId]) -> Result<(), StoreError> {
        self.data().sessions.retain(|id, _| !sessions.contains(id));
        Ok(())
    }

    async fn session_seen(&self, seen: &[(SessionId, Time)]) -> Result<(), StoreError> {
        let mut data = self.data();
        for (session, at) in seen {
            if let Some(session) = data.sessions.get_mut(session) {
                session.seen_at = session.seen_at.max(*at);
            }
        }
        Ok(())
    }

    async fn role_set(&self, role: &Role) -> Result<(), StoreError> {
        self.data().roles.insert(role.name.clone(), role.clone());
        Ok(())
    }

    async fn role_remove(&self, role: &Name) -> Result<bool, StoreError> {
        Ok(self.data().roles.remove(role).is_some())
    }

    async fn rule_set(&self, rule: &Rule) -> Result<(), StoreError> {
        let key = (rule.scope.to_string(), rule.role.clone());
        self.data().rules.insert(key, rule.clone());
        Ok(())
    }

    async fn rule_remove(&self, scope: &Scope, role: &Name) -> Result<bool, StoreError> {
        Ok(self.data().rules.remove(&(scope.to_string(), role.clone())).is_some())
    }
}

#[async_trait]
impl AuditStore for MemoryControl {
    async fn audit_append(
        &self,
        rows: &[AuditRow],
        seal: &AuditSeal,
        checkpoint: bool,
    ) -> Result<(), StoreError> {
        let mut data = self.data();
        let base = data.seal.as_ref().map_or(0, |seal| seal.base.seq);
        let mut last = data.audit.last().map_or(base, |row| row.seq);
        for row in rows {
            if row.seq != last + 1 {
                let what = "the audit".to_owned();
                return Err(StoreError::Conflict { what, seen: row.seq - 1, found: last });
            }
            last = row.seq;
        }
        data.audit.extend_from_slice(rows);
        if checkpoint {
            data.checkpoints.push(seal.clone());
        }
        data.seal = Some(seal.clone());
        Ok(())
    }

    async fn audit_seal(&self) -> Result<Option<AuditSeal>, StoreError> {
        Ok(self.data().seal.clone())
    }

    async fn audit_checkpoints(&self) -> Result<Vec<AuditSeal>, StoreError> {
        Ok(self.data().checkpoints.clone())
    }

    async fn audit_list(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let data = self.data();
        let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let found = data.audit.iter().rev().filter(|row| {
            before.is_none_or(|before| row.seq < before)
                && is(&filter.actor, &row.actor)
                && is(&filter.target, &row.target)
                && is(&filter.outcome, &row.outcome)
                && row.action.starts_with(&filter.action)
                && filter.since.is_none_or(|since| row.at >= since)
                && filter.until.is_none_or(|until| row.at < until)
        });
        Ok(found.take(limit as usize).cloned().collect())
    }

    async fn audit_read(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let data = self.data();
        let found = data.audit.iter().filter(|row| row.seq > after);
        Ok(found.take(limit as usize).cloned().collect())
    }

    async fn audit_prune(&self, seal: &AuditSeal) -> Result<(), StoreError> {
        let mut data = self.data();
        data.audit.retain(|row| row.seq > seal.base.seq);
        data.checkpoints.retain(|kept| kept.head.seq > seal.base.seq);
        data.seal = Some(seal.clone());
        Ok(())
    }
}
