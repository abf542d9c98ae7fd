//! Everything that a check looks at, in memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use kernel_model::access::{Scope, Verbs};
use kernel_model::id::{AppId, SessionId, TokenId, UserId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_ports::access::{
    AccessData, Digest, Holder, Identity, Role, Rule as RuleRow, Session, Token, User, Visitor,
};
use kernel_ports::app::{APP_TOKENS_MAX, AppToken, ConnectedApp};

use crate::caller::{Grants, Limits, LimitsOf};
use crate::role;
use crate::rule::Rule;

/// The role of whom the configuration lets in.
const CONFIGURED: &str = "maintainer";

/// A copy of the store that answers without waiting.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) users: HashMap<UserId, Arc<User>>,
    names: HashMap<Name, UserId>,
    /// By provider and its name for them.
    visitors: BTreeMap<(String, String), Arc<Visitor>>,
    tokens: HashMap<Digest, Arc<KnownToken>>,
    tokens_by_id: HashMap<TokenId, Arc<KnownToken>>,
    sessions: HashMap<Digest, Arc<KnownSession>>,
    sessions_by_id: HashMap<SessionId, Arc<KnownSession>>,
    apps: HashMap<AppId, Arc<KnownApp>>,
    app_tokens: HashMap<Digest, AppToken>,
    /// Of each app the digests of its tokens, from the oldest.
    app_digests: HashMap<AppId, VecDeque<Digest>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) rules: Vec<KnownRule>,
    /// Made when they are first asked for; a change of users, roles or rules makes a new directory.
    grants: Mutex<HashMap<Person, Arc<Grants>>>,
}

#[derive(Debug)]
pub(crate) struct KnownToken {
    pub(crate) token: Token,
    pub(crate) limits: Arc<Limits>,
    /// When it was last used, as the store knows it.
    pub(crate) noted_ms: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct KnownApp {
    pub(crate) app: ConnectedApp,
    pub(crate) limits: Arc<Limits>,
}

#[derive(Debug)]
pub(crate) struct KnownSession {
    pub(crate) session: Session,
    pub(crate) seen_ms: AtomicU64,
    /// When it was last seen, as the store knows it.
    pub(crate) noted_ms: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct KnownRule {
    pub(crate) row: RuleRow,
    /// Nothing if an older version took what this one does not understand: then nobody fits.
    rule: Option<Rule>,
}

/// For whom rules are evaluated once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Person {
    User(UserId),
    Identity(Box<Identity>),
}

impl Directory {
    /// `rule` is that of the configuration, for all of the server.
    pub(crate) fn new(data: AccessData, rule: Option<&str>) -> Self {
        let own = rule.and_then(configured);
        let mut directory = Self {
            roles: data.roles,
            rules: data.rules.into_iter().chain(own).map(known).collect(),
            ..Self::default()
        };
        for user in data.users {
            directory.names.insert(user.name.clone(), user.id);
            directory.users.insert(user.id, Arc::new(user));
        }
        for visitor in data.visitors {
            directory.visitor_put(visitor);
        }
        for token in data.tokens {
            directory.token_put(token);
        }
        for session in data.sessions {
            directory.session_put(session);
        }
        for app in data.apps {
            directory.app_put(app);
        }
        for token in data.app_tokens {
            directory.app_token_put(token);
        }
        directory
    }

    pub(crate) fn visitor_put(&mut self, visitor: Visitor) {
        let key = (visitor.identity.provider.clone(), visitor.identity.user_id.clone());
        self.visitors.insert(key, Arc::new(visitor));
    }

    pub(crate) fn visitor(&self, provider: &str, user_id: &str) -> Option<Arc<Visitor>> {
        self.visitors.get(&(provider.to_owned(), user_id.to_owned())).map(Arc::clone)
    }

    pub(crate) fn visitors(&self) -> Vec<Arc<Visitor>> {
        self.visitors.values().map(Arc::clone).collect()
    }

    pub(crate) fn token_put(&mut self, token: Token) {
        let noted_ms = AtomicU64::new(token.used_at.unwrap_or_default().0);
        let limits = Arc::new(Limits {
            of: LimitsOf::Token(token.id),
            verbs: token.verbs,
            projects: token.projects.clone(),
            workspaces: token.workspaces.clone(),
            expires_at: token.expires_at,
        });
        let known = Arc::new(KnownToken { token, limits, noted_ms });
        self.tokens_by_id.insert(known.token.id, Arc::clone(&known));
        self.tokens.insert(known.token.digest, known);
    }

    pub(crate) fn session_put(&mut self, session: Session) {
        let seen = session.seen_at.0;
        let (seen_ms, noted_ms) = (AtomicU64::new(seen), AtomicU64::new(seen));
        let known = Arc::new(KnownSession { session, seen_ms, noted_ms });
        self.sessions_by_id.insert(known.session.id, Arc::clone(&known));
        self.sessions.insert(known.session.digest, known);
    }

    pub(crate) fn app_put(&mut self, app: ConnectedApp) {
        let limits = Arc::new(Limits {
            of: LimitsOf::App(app.id, app.audience),
            verbs: app.verbs,
            projects: app.projects.clone(),
            workspaces: app.workspaces.clone(),
            expires_at: Some(app.expires_at),
        });
        self.apps.insert(app.id, Arc::new(KnownApp { app, limits }));
    }

    /// Adds a token of an app, whose oldest one makes room.
    pub(crate) fn app_token_put(&mut self, token: AppToken) {
        let digests = self.app_digests.entry(token.app).or_default();
        digests.push_back(token.digest);
        if digests.len() > APP_TOKENS_MAX
            && let Some(oldest) = digests.pop_front()
        {
            self.app_tokens.remove(&oldest);
        }
        self.app_tokens.insert(token.digest, token);
    }

    pub(crate) fn app(&self, id: AppId) -> Option<Arc<KnownApp>> {
        self.apps.get(&id).map(Arc::clone)
    }

    pub(crate) fn app_token(&self, digest: &Digest) -> Option<AppToken> {
        self.app_tokens.get(digest).cloned()
    }

    /// Returns the apps from the oldest.
    pub(crate) fn apps(&self) -> Vec<Arc<KnownApp>> {
        let mut all: Vec<_> = self.apps.values().map(Arc::clone).collect();
        all.sort_by_key(|known| known.app.id);
        all
    }

    /// Returns the apps that somebody has let in.
    pub(crate) fn apps_of(&self, holder: &Holder) -> Vec<AppId> {
        let all = self.apps.values().map(|known| &known.app);
        all.filter(|app| app.holder.is_same(holder)).map(|app| app.id).collect()
    }

    pub(crate) fn token(&self, digest: &Digest) -> Option<Arc<KnownToken>> {
        self.tokens.get(digest).map(Arc::clone)
    }

    pub(crate) fn token_by_id(&self, id: TokenId) -> Option<Arc<KnownToken>> {
        self.tokens_by_id.get(&id).map(Arc::clone)
    }

    pub(crate) fn tokens(&self) -> Vec<Arc<KnownToken>> {
        let mut all: Vec<_> = self.tokens.values().map(Arc::clone).collect();
        all.sort_by_key(|known| known.token.id);
        all
    }

    pub(crate) fn session(&self, digest: &Digest) -> Option<Arc<KnownSession>> {
        self.sessions.get(digest).map(Arc::clone)
    }

    pub(crate) fn session_by_id(&self, id: SessionId) -> Option<Arc<KnownSession>> {
        self.sessions_by_id.get(&id).map(Arc::clone)
    }

    /// Returns the sessions of somebody.
    pub(crate) fn sessions_of(&self, holder: &Holder) -> Vec<SessionId> {
        let all = self.sessions.values();
        all.filter(|known| known.session.holder.is_same(holder))
            .map(|known| known.session.id)
            .collect()
    }

    /// Returns the tokens of somebody that work still.
    pub(crate) fn tokens_of(&self, holder: &Holder) -> Vec<TokenId> {
        let all = self.tokens.values().map(|known| &known.token);
        all.filter(|token| token.revoked_at.is_none() && token.holder.is_same(holder))
            .map(|token| token.id)
            .collect()
    }

    pub(crate) fn user_by_name(&self, name: &str) -> Option<Arc<User>> {
        let name = Name::new(name).ok()?;
        self.users.get(self.names.get(&name)?).map(Arc::clone)
    }

    /// Returns the verbs of a role, built in or not.
    pub(crate) fn role_verbs(&self, name: &str) -> Option<Verbs> {
        let own = self.roles.iter().find(|role| role.name.as_str() == name);
        role::built_in(name).or_else(|| own.map(|role| role.verbs))
    }

    pub(crate) fn role_names(&self) -> String {
        let built_in = role::BUILT_IN.iter().map(|(name, _)| *name);
        let own = self.roles.iter().map(|role| role.name.as_str());
        built_in.chain(own).collect::<Vec<_>>().join(", ")
    }

    /// Returns what a user may do.
    pub(crate) fn user_grants(&self, user: &User, identity: &Identity) -> Arc<Grants> {
        let own = user.role.as_ref().and_then(|role| self.role_verbs(role.as_str()));
        self.grants_of(Person::User(user.id), identity, own.unwrap_or_default())
    }

    /// Returns what somebody from another system may do.
    pub(crate) fn identity_grants(&self, identity: &Identity) -> Arc<Grants> {
        self.grants_of(Person::Identity(Box::new(identity.clone())), identity, Verbs::none())
    }

    fn grants_of(&self, person: Person, identity: &Identity, own: Verbs) -> Arc<Grants> {
        let mut known = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let grants = known.entry(person).or_insert_with(|| {
            let mut grants = Grants::everywhere(own);
            for rule in &self.rules {
                let verbs = self.rule_verbs(rule, identity);
                match &rule.row.scope {
                    Scope::Server => grants.server = grants.server.or(verbs),
                    scope => {
                        let place = grants.scopes.entry(scope.clone()).or_default();
                        *place = place.or(verbs);
                    }
                }
            }
            Arc::new(grants)
        });
        Arc::clone(grants)
    }

    fn rule_verbs(&self, known: &KnownRule, identity: &Identity) -> Verbs {
        let fits = known.rule.as_ref().is_some_and(|rule| match rule.evaluate(identity) {
            Ok(fits) => fits,
            Err(err) => {
                let (scope, role) = (&known.row.scope, &known.row.role);
                tracing::warn!(%scope, %role, %err, "a rule fits nobody of this kind");
                false
            }
        });
        let verbs = fits.then(|| self.role_verbs(known.row.role.as_str())).flatten();
        verbs.unwrap_or_default()
    }
}

/// Returns what rules look at, of a local user.
pub(crate) fn local_identity(user: &User) -> Identity {
    Identity {
        provider: "local".to_owned(),
        user_id: user.id.to_string(),
        name: user.name.to_string(),
        nick_name: user.name.to_string(),
        email: user.email.clone(),
        groups: user.groups.clone(),
        ..Identity::default()
    }
}

/// Returns the rule of the configuration as if somebody had set it.
fn configured(expression: &str) -> Option<RuleRow> {
    Some(RuleRow {
        scope: Scope::Server,
        role: Name::new(CONFIGURED).ok()?,
        expression: expression.to_owned(),
        changed_by: "the configuration".to_owned(),
        changed_at: Time::default(),
    })
}

fn known(row: RuleRow) -> KnownRule {
    let rule = Rule::new(&row.expression);
    if let Err(err) = &rule {
        tracing::error!(scope = %row.scope, role = %row.role, %err, "a rule fits nobody any more");
    }
    KnownRule { rule: rule.ok(), row }
}
