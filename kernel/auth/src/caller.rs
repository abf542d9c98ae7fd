//! Who asks, and what they may do.

use std::collections::HashMap;
use std::sync::Arc;

use kernel_model::access::{Scope, Verb, Verbs};
use kernel_model::id::{SessionId, TokenId};
use kernel_ports::access::{Holder, Identity, Token};

use crate::pattern;

/// Everything is in this workspace until there are more.
const WORKSPACE: &str = "default";

/// How somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Not at all.
    Nothing,
    /// The server asks nobody who they are.
    Open,
    Super,
    Basic,
    Token(TokenId),
    Session(SessionId),
    /// A plugin acts for somebody.
    Plugin,
}

/// Somebody who asks for something.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Such as `user/alice` or `token/deploy`.
    pub actor: String,
    pub via: Via,
    /// On whose behalf, for users.
    pub holder: Holder,
    /// What rules look at, for users.
    pub identity: Option<Arc<Identity>>,
    pub(crate) grants: Arc<Grants>,
    /// What a token takes away.
    pub(crate) limits: Option<Arc<Token>>,
}

/// Somebody may not do something somewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{actor} may not {verb} on {place}")]
pub struct Denied {
    pub actor: String,
    pub verb: Verb,
    /// A scope, or `anything`.
    pub place: String,
}

/// The verbs of somebody, by scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) server: Verbs,
    /// The scopes that have rules of their own. For what lies within them these count alone.
    pub(crate) scopes: HashMap<Scope, Verbs>,
}

impl Grants {
    pub(crate) fn everywhere(verbs: Verbs) -> Self {
        Self { server: verbs, scopes: HashMap::new() }
    }

    /// Returns whether they allow nothing anywhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.server.is_empty() && self.scopes.values().all(|verbs| verbs.is_empty())
    }

    pub(crate) fn at(&self, scope: &Scope) -> Verbs {
        // Who administers the server cannot be locked out of a part of it.
        if self.scopes.is_empty() || self.server.has(Verb::Admin) {
            return self.server;
        }
        let mut next = Some(scope.clone());
        while let Some(scope) = next {
            if let Some(verbs) = self.scopes.get(&scope) {
                return *verbs;
            }
            next = scope.parent();
        }
        self.server
    }
}

impl Caller {
    /// Returns who asks without saying who they are.
    #[must_use]
    pub fn nobody() -> Self {
        Self::plain("nobody", Via::Nothing, Verbs::none())
    }

    pub(crate) fn plain(actor: &str, via: Via, verbs: Verbs) -> Self {
        Self {
            actor: actor.to_owned(),
            via,
            holder: Holder::Service,
            identity: None,
            grants: Arc::new(Grants::everywhere(verbs)),
            limits: None,
        }
    }

    /// Returns whether it may, or what is missing.
    pub fn check(&self, verb: Verb, scope: &Scope) -> Result<(), Denied> {
        if self.may(verb, scope) {
            return Ok(());
        }
        Err(Denied { actor: self.actor.clone(), verb, place: scope.to_string() })
    }

    #[must_use]
    pub fn may(&self, verb: Verb, scope: &Scope) -> bool {
        self.verbs(scope).has(verb)
    }

    /// Returns all that it may do within a scope.
    #[must_use]
    pub fn verbs(&self, scope: &Scope) -> Verbs {
        let verbs = self.grants.at(scope);
        let Some(token) = &self.limits else { return verbs };
        let is_within = match scope.project() {
            None => is_all(&token.projects) && is_all(&token.workspaces),
            Some(project) => {
                pattern::any(&token.projects, project.as_str())
                    && pattern::any(&token.workspaces, WORKSPACE)
            }
        };
        if is_within { verbs.and(token.verbs) } else { Verbs::none() }
    }

    /// Returns whether it may somewhere, so that it is worth looking where.
    pub fn check_anywhere(&self, verb: Verb) -> Result<(), Denied> {
        let is_within = self.limits.as_ref().is_none_or(|token| token.verbs.has(verb));
        let grants = &self.grants;
        let is_granted =
            grants.server.has(verb) || grants.scopes.values().any(|verbs| verbs.has(verb));
        if is_within && is_granted {
            return Ok(());
        }
        Err(Denied { actor: self.actor.clone(), verb, place: "anything".to_owned() })
    }

    /// Returns whether somebody is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.via != Via::Nothing
    }

    pub(crate) fn projects(&self) -> Vec<String> {
        self.limits.as_ref().map_or_else(|| vec!["*".to_owned()], |token| token.projects.clone())
    }

    pub(crate) fn workspaces(&self) -> Vec<String> {
        self.limits.as_ref().map_or_else(|| vec!["*".to_owned()], |token| token.workspaces.clone())
    }

    /// Returns all that it may do anywhere.
    #[must_use]
    pub fn verbs_anywhere(&self) -> Verbs {
        Verb::ALL.into_iter().filter(|verb| self.check_anywhere(*verb).is_ok()).collect()
    }
}

fn is_all(patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| pattern == "*")
}
