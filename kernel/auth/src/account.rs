//! Users, tokens, roles and rules: what administrators change.

use std::sync::{Arc, PoisonError, RwLockWriteGuard};

use kernel_model::access::{Scope, Verb, Verbs};
use kernel_model::id::{TokenId, UserId};
use kernel_model::name::Name;
use kernel_ports::access::{Holder, Identity, Role, Rule as RuleRow, Token, User};
use kernel_ports::store::StoreError;

use crate::access::Access;
use crate::caller::Caller;
use crate::directory::{Directory, local_identity};
use crate::ending::Ending;
use crate::error::{AccessError, Missing};
use crate::password::{self, Busy};
use crate::rule::Rule;
use crate::session::detached;
use crate::token::{self, PREFIX, TokenDraft};
use crate::{pattern, role};

/// What a user is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserDraft {
    pub email: String,
    pub groups: Vec<String>,
    pub role: Option<String>,
    pub is_disabled: bool,
}

const TEXT_CHARS_MAX: usize = 200;

impl Access {
    /// Returns the users by name.
    #[must_use]
    pub fn users(&self) -> Vec<Arc<User>> {
        let mut all: Vec<_> = self.directory().users.values().map(Arc::clone).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    pub fn user(&self, name: &str) -> Result<Arc<User>, AccessError> {
        let found = self.directory().user_by_name(name);
        found.ok_or_else(|| AccessError::UserUnknown { name: name.to_owned() })
    }

    /// Adds a user; without a password, one who cannot log in by password.
    pub async fn user_add(
        &self,
        name: &str,
        draft: UserDraft,
        password: Option<&str>,
    ) -> Result<Arc<User>, AccessError> {
        let name = Name::new(name)?;
        let password = match password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let this = self.clone();
        detached(async move {
            let _change = this.inner.change.lock().await;
            let role = this.user_check(&draft)?;
            let now = this.inner.clock.now();
            let user = User {
                id: UserId(this.inner.entropy.id()),
                name: name.clone(),
                email: draft.email,
                groups: draft.groups,
                role,
                password,
                is_disabled: draft.is_disabled,
                created_at: now,
                changed_at: now,
            };
            this.inner.store.user_add(&user).await.map_err(|err| match err {
                StoreError::Conflict { .. } => AccessError::UserTaken { name: name.to_string() },
                other => AccessError::Store(other),
            })?;
            this.reload().await?;
            Ok(Arc::new(user))
        })
        .await
    }

    /// Changes a user. Who is disabled is logged out everywhere.
    pub async fn user_set(&self, name: &str, draft: UserDraft) -> Result<Arc<User>, AccessError> {
        let (this, name) = (self.clone(), name.to_owned());
        detached(async move {
            let _change = this.inner.change.lock().await;
            let old = this.user(&name)?;
            let role = this.user_check(&draft)?;
            let user = User {
                email: draft.email,
                groups: draft.groups,
                role,
                is_disabled: draft.is_disabled,
                changed_at: this.inner.clock.now(),
                ..(*old).clone()
            };
            this.inner.store.user_set(&user).await?;
            if user.is_disabled {
                this.end_all_of(&Holder::User(user.id)).await?;
            }
            this.reload().await?;
            Ok(Arc::new(user))
        })
        .await
    }

    /// Gives a user another password, and logs out everywhere.
    pub async fn user_password(&self, name: &str, password: &str) -> Result<(), AccessError> {
        self.user(name)?;
        let hash = self.hash(password).await?;
        let (this, name) = (self.clone(), name.to_owned());
        detached(async move {
            let _change = this.inner.change.lock().await;
            let changed_at = this.inner.clock.now();
            let user = User { password: Some(hash), changed_at, ..(*this.user(&name)?).clone() };
            this.inner.store.user_set(&user).await?;
            this.end_all_of(&Holder::User(user.id)).await?;
            this.reload().await
        })
        .await
    }

    /// Removes a user with everything that was logged in.
    pub async fn user_remove(&self, name: &str) -> Result<(), AccessError> {
        let (this, name) = (self.clone(), name.to_owned());
        detached(async move {
            let _change = this.inner.change.lock().await;
            let user = this.user(&name)?;
            this.end_all_of(&Holder::User(user.id)).await?;
            this.inner.store.user_remove(user.id, this.inner.clock.now()).await?;
            this.reload().await
        })
        .await
    }

    /// Makes a token that may do no more than whoever makes it. Returns its text, for this once.
    pub async fn token_create(
        &self,
        by: &Caller,
        draft: TokenDraft,
    ) -> Result<(Token, String), AccessError> {
        let wanted = &draft.verbs;
        // A token that acts for its user never may more than the user. One that acts for nobody is
        // bound by no rule of a pipeline, so only administrators make such tokens.
        let own = match draft.holder {
            Holder::Service => {
                if let Err(denied) = by.check(Verb::Admin, &Scope::Server) {
                    let missing = Missing::Verbs([denied.verb].into_iter().collect());
                    return Err(AccessError::NotCovered { missing });
                }
                by.verbs(&Scope::Server)
            }
            Holder::User(_) | Holder::Identity(_) => by.verbs_anywhere(),
        };
        if !own.covers(*wanted) {
            let missing = wanted.iter().filter(|verb| !own.has(*verb)).collect();
            return Err(AccessError::NotCovered { missing: Missing::Verbs(missing) });
        }
        for (what, mine, asked) in [
            ("projects", by.projects(), &draft.projects),
            ("workspaces", by.workspaces(), &draft.workspaces),
        ] {
            if !pattern::cover(&mine, asked) {
                return Err(AccessError::NotCovered { missing: Missing::Patterns(what) });
            }
        }
        // Nor does it live longer than the token that it was made with.
        let end = by.limits.as_ref().and_then(|limits| limits.expires_at);
        let expires_at = match (draft.expires_at, end) {
            (Some(wanted), Some(end)) => Some(wanted.min(end)),
            (wanted, end) => wanted.or(end),
        };
        self.token_make(TokenDraft { expires_at, ..draft }, by.actor.clone()).await
    }

    /// Makes the token by which an operator gets into a new server.
    pub async fn token_bootstrap(&self) -> Result<(Token, String), AccessError> {
        let all = || vec!["*".to_owned()];
        let draft = TokenDraft {
            name: "first-start".to_owned(),
            holder: Holder::Service,
            verbs: Verbs::all(),
            projects: all(),
            workspaces: all(),
            expires_at: None,
        };
        self.token_make(draft, "server".to_owned()).await
    }

    pub(crate) async fn token_make(
        &self,
        draft: TokenDraft,
        created_by: String,
    ) -> Result<(Token, String), AccessError> {
        token_check(&draft)?;
        let this = self.clone();
        detached(async move {
            let inner = &this.inner;
            let (text, digest) = token::mint(&inner.token_key, inner.entropy.secret());
            let token = Token {
                id: TokenId(inner.entropy.id()),
                digest,
                name: draft.name,
                holder: draft.holder,
                verbs: draft.verbs,
                projects: draft.projects,
                workspaces: draft.workspaces,
                created_by,
                created_at: inner.clock.now(),
                expires_at: draft.expires_at,
                revoked_at: None,
                used_at: None,
            };
            let _change = inner.change.lock().await;
            inner.store.token_add(&token).await?;
            this.directory_mut().token_put(token.clone());
            Ok((token, format!("{PREFIX}{text}")))
        })
        .await
    }

    /// Returns the tokens from the oldest, revoked ones too.
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        let noted = |known: &crate::directory::KnownToken| {
            let noted = known.noted_ms.load(std::sync::atomic::Ordering::Relaxed);
            let used_at = (noted > 0).then_some(kernel_model::time::Time(noted));
            Token { used_at, ..known.token.clone() }
        };
        self.directory().tokens().iter().map(|known| noted(known)).collect()
    }

    pub fn token_by_id(&self, id: TokenId) -> Result<Token, AccessError> {
        let found = self.directory().token_by_id(id).map(|known| known.token.clone());
        found.ok_or_else(|| AccessError::TokenUnknown { token: id.to_string() })
    }

    /// Revokes a token for good.
    pub async fn token_revoke(&self, id: TokenId) -> Result<(), AccessError> {
        self.token_by_id(id)?;
        self.end(Ending { tokens: vec![id], ..Ending::default() }).await.map(drop)
    }

    /// Returns the roles: those that are built in, then the others.
    #[must_use]
    pub fn roles(&self) -> Vec<(String, Verbs, bool)> {
        let built_in = role::BUILT_IN
            .iter()
            .map(|(name, verbs)| ((*name).to_owned(), verbs.iter().copied().collect(), true));
        let directory = self.directory();
        let own = directory.roles.iter().map(|role| (role.name.to_string(), role.verbs, false));
        built_in.chain(own).collect()
    }

    /// Sets the verbs of a role that is not built in.
    pub async fn role_set(&self, name: &str, verbs: Verbs) -> Result<(), AccessError> {
        let name = Name::new(name)?;
        if role::built_in(name.as_str()).is_some() {
            return Err(AccessError::RoleBuiltIn { role: name.to_string() });
        }
        let this = self.clone();
        detached(async move {
            let _change = this.inner.change.lock().await;
            this.inner.store.role_set(&Role { name, verbs }).await?;
            this.reload().await
        })
        .await
    }

    /// Removes a role that nobody has.
    pub async fn role_remove(&self, name: &str) -> Result<(), AccessError> {
        if role::built_in(name).is_some() {
            return Err(AccessError::RoleBuiltIn { role: name.to_owned() });
        }
        let (this, name) = (self.clone(), Name::new(name)?);
        detached(async move {
            let _change = this.inner.change.lock().await;
            let used = {
                let directory = this.directory();
                let user = directory.users.values().find(|user| user.role.as_ref() == Some(&name));
                let rule = directory.rules.iter().find(|rule| rule.row.role == name);
                let user = user.map(|user| format!("the user {}", user.name));
                user.or_else(|| rule.map(|rule| format!("a rule of {}", rule.row.scope)))
            };
            if let Some(by) = used {
                return Err(AccessError::RoleUsed { role: name.to_string(), by });
            }
            if !this.inner.store.role_remove(&name).await? {
                let known = this.directory().role_names();
                return Err(AccessError::RoleUnknown { role: name.to_string(), known });
            }
            this.reload().await
        })
        .await
    }

    /// Returns the rules, by scope.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleRow> {
        self.directory().rules.iter().map(|known| known.row.clone()).collect()
    }

    /// Sets who has a role within a scope. What does not parse is refused.
    pub async fn rule_set(
        &self,
        by: &Caller,
        scope: Scope,
        role: &str,
        expression: &str,
    ) -> Result<RuleRow, AccessError> {
        Rule::new(expression)?;
        let row = RuleRow {
            scope,
            role: self.role_name(role)?,
            expression: expression.to_owned(),
            changed_by: by.actor.clone(),
            changed_at: self.inner.clock.now(),
        };
        let this = self.clone();
        detached(async move {
            let _change = this.inner.change.lock().await;
            this.inner.store.rule_set(&row).await?;
            this.reload().await?;
            Ok(row)
        })
        .await
    }

    pub async fn rule_remove(&self, scope: Scope, role: &str) -> Result<(), AccessError> {
        let (this, role) = (self.clone(), Name::new(role)?);
        detached(async move {
            let _change = this.inner.change.lock().await;
            if !this.inner.store.rule_remove(&scope, &role).await? {
                let (role, scope) = (role.to_string(), scope.to_string());
                return Err(AccessError::RuleUnknown { role, scope });
            }
            this.reload().await
        })
        .await
    }

    /// Returns whether an expression is true for a user, without setting anything.
    pub fn rule_test(&self, expression: &str, user: &str) -> Result<bool, AccessError> {
        let identity = local_identity(&*self.user(user)?);
        self.rule_test_for(expression, &identity)
    }

    /// The same for somebody who need not exist.
    pub fn rule_test_for(
        &self,
        expression: &str,
        identity: &Identity,
    ) -> Result<bool, AccessError> {
        Ok(Rule::new(expression)?.evaluate(identity)?)
    }

    /// Reads everything again after a change.
    pub(crate) async fn reload(&self) -> Result<(), AccessError> {
        let data = self.inner.store.access_load().await?;
        *self.directory_mut() = Directory::new(data, self.inner.settings.rule.as_deref());
        Ok(())
    }

    pub(crate) fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.inner.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn hash(&self, password: &str) -> Result<String, AccessError> {
        password::check(password).map_err(|reason| AccessError::Invalid { reason })?;
        let hashed = self.inner.passwords.hash(password, self.inner.entropy.secret()).await;
        hashed.map_err(|Busy| AccessError::Busy)
    }

    fn role_name(&self, role: &str) -> Result<Name, AccessError> {
        let directory = self.directory();
        if directory.role_verbs(role).is_none() {
            let known = directory.role_names();
            return Err(AccessError::RoleUnknown { role: role.to_owned(), known });
        }
        Ok(Name::new(role)?)
    }

    fn user_check(&self, draft: &UserDraft) -> Result<Option<Name>, AccessError> {
        text_check("the email", &draft.email)?;
        for group in &draft.groups {
            text_check("a group", group)?;
        }
        draft.role.as_deref().map(|role| self.role_name(role)).transpose()
    }
}

fn token_check(draft: &TokenDraft) -> Result<(), AccessError> {
    text_check("the name of the token", &draft.name)?;
    let invalid = |reason: &str| Err(AccessError::Invalid { reason: reason.to_owned() });
    if draft.name.is_empty() {
        return invalid("the token has no name; call it as what uses it");
    }
    if draft.verbs.is_empty() {
        return invalid("the token may do nothing; name the verbs that it needs");
    }
    patterns_check(&draft.projects, &draft.workspaces)
}

pub(crate) fn patterns_check(
    projects: &[String],
    workspaces: &[String],
) -> Result<(), AccessError> {
    if projects.is_empty() || workspaces.is_empty() {
        let reason = "it would work nowhere; name projects and workspaces, or `*`".to_owned();
        return Err(AccessError::Invalid { reason });
    }
    for pattern in projects.iter().chain(workspaces) {
        pattern::check(pattern).map_err(|reason| AccessError::Invalid { reason })?;
    }
    Ok(())
}

fn text_check(what: &str, text: &str) -> Result<(), AccessError> {
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        let reason =
            format!("{what} is longer than {TEXT_CHARS_MAX} characters or has control characters");
        return Err(AccessError::Invalid { reason });
    }
    Ok(())
}
