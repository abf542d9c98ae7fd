//! Who asks, and what they may do.

use std::collections::HashMap;
use std::sync::Arc;

use kernel_model::access::{Audience, Scope, Verb, Verbs};
use kernel_model::id::{AppId, SessionId, TokenId};
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::access::{Holder, Identity};

use crate::error::Unknown;
use crate::pattern;

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
    /// A program that somebody has let in.
    App(AppId),
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
    /// What a token or an app takes away.
    pub(crate) limits: Option<Arc<Limits>>,
}

/// What a token or a connected app may do of what whoever it acts for may do.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) of: LimitsOf,
    pub(crate) verbs: Verbs,
    pub(crate) projects: Vec<String>,
    pub(crate) workspaces: Vec<String>,
    pub(crate) expires_at: Option<Time>,
}

/// Whose limits they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitsOf {
    Token(TokenId),
    App(AppId, Audience),
}

/// Which workspaces of a project something reaches: what a token's patterns are held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// What all workspaces share, such as a pipeline. Whoever works in one of them may look at it;
    /// to change it takes all of them, whatever they are called.
    Shared,
    /// What is in one of them, such as a run.
    In(WorkspaceName),
    /// What may be done in one at least. Which one it is, is asked about later.
    Some,
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

    /// Returns whether it may do it to what all workspaces share, or what is missing.
    pub fn check(&self, verb: Verb, scope: &Scope) -> Result<(), Denied> {
        self.check_at(verb, scope, &Reach::Shared)
    }

    /// Returns whether it may, or what is missing.
    pub fn check_at(&self, verb: Verb, scope: &Scope, reach: &Reach) -> Result<(), Denied> {
        if self.may_at(verb, scope, reach) {
            return Ok(());
        }
        let place = match reach {
            Reach::In(workspace) => format!("{scope} in the workspace {workspace}"),
            Reach::Shared if self.may_at(verb, scope, &Reach::Some) => {
                format!("{scope}, which all workspaces share")
            }
            Reach::Shared | Reach::Some => scope.to_string(),
        };
        Err(Denied { actor: self.actor.clone(), verb, place })
    }

    #[must_use]
    pub fn may(&self, verb: Verb, scope: &Scope) -> bool {
        self.may_at(verb, scope, &Reach::Shared)
    }

    #[must_use]
    pub fn may_at(&self, verb: Verb, scope: &Scope, reach: &Reach) -> bool {
        self.verbs_at(scope, reach).has(verb)
    }

    /// Returns all that it may do within a scope to what all workspaces share.
    #[must_use]
    pub fn verbs(&self, scope: &Scope) -> Verbs {
        self.verbs_at(scope, &Reach::Shared)
    }

    fn verbs_at(&self, scope: &Scope, reach: &Reach) -> Verbs {
        let verbs = self.grants.at(scope);
        let Some(token) = &self.limits else { return verbs };
        let verbs = verbs.and(token.verbs);
        let works_in_all = is_all(&token.workspaces);
        let Some(project) = scope.project() else {
            let works_everywhere = works_in_all && is_all(&token.projects);
            return if works_everywhere { verbs } else { Verbs::none() };
        };
        if !pattern::any(&token.projects, project.as_str()) {
            return Verbs::none();
        }
        match reach {
            Reach::Some => verbs,
            Reach::Shared if works_in_all => verbs,
            Reach::Shared => verbs.and([Verb::View].into_iter().collect()),
            Reach::In(name) if pattern::any(&token.workspaces, name.as_str()) => verbs,
            Reach::In(_) => Verbs::none(),
        }
    }

    /// Returns whether it may somewhere, so that it is worth looking where.
    pub fn check_anywhere(&self, verb: Verb) -> Result<(), Denied> {
        let is_within = self.limits.as_ref().is_none_or(|token| token.verbs.has(verb));
        if is_within && self.is_granted(verb) {
            return Ok(());
        }
        Err(Denied { actor: self.actor.clone(), verb, place: "anything".to_owned() })
    }

    fn is_granted(&self, verb: Verb) -> bool {
        let grants = &self.grants;
        grants.server.has(verb) || grants.scopes.values().any(|verbs| verbs.has(verb))
    }

    /// Returns whether what it is known by is for this part of the server.
    pub fn check_audience(&self, audience: Audience) -> Result<(), Unknown> {
        match self.limits.as_ref().map(|limits| limits.of) {
            Some(LimitsOf::App(_, meant)) if meant != audience => {
                Err(Unknown::Audience { meant, found: audience })
            }
            _ => Ok(()),
        }
    }

    /// Returns whether an app acts here for somebody, or something that an app has started.
    #[must_use]
    pub fn is_app(&self) -> bool {
        self.limits.as_ref().is_some_and(|limits| matches!(limits.of, LimitsOf::App(..)))
    }

    /// Returns what an app must ask for to be allowed this too, if whoever it acts for may do it.
    #[must_use]
    pub fn step_up(&self, verb: Verb) -> Option<Verbs> {
        let limits = self.limits.as_ref()?;
        let wanted = limits.verbs.or([verb].into_iter().collect());
        (self.is_app() && !limits.verbs.has(verb) && self.is_granted(verb)).then_some(wanted)
    }

    /// Returns whether it may somewhere within a scope, so that it is worth looking where.
    pub fn check_within(&self, verb: Verb, scope: &Scope) -> Result<(), Denied> {
        let lies_within = |inner: &&Scope| inner.parent().as_ref() == Some(scope);
        let mut inner = self.grants.scopes.keys().filter(lies_within);
        let may = |scope: &Scope| self.may_at(verb, scope, &Reach::Some);
        if may(scope) || inner.any(may) {
            return Ok(());
        }
        Err(Denied { actor: self.actor.clone(), verb, place: scope.to_string() })
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
