//! Acting for somebody who is not there: what plugins of a run do for who started it.
//!
//! Invariant: what somebody may do is looked up at that moment, and is never more than they could
//! do when they asked: a token's limits go along, and end with the token.

use kernel_ports::access::Holder;

use crate::access::{Access, person};
use crate::caller::{Caller, LimitsOf, Via};
use crate::error::Unknown;

const TOKEN: &str = "token:";
const APP: &str = "app:";
const USER: &str = "user:";
const SESSION: &str = "session:";
const SERVICE: &str = "service:";

impl Caller {
    /// Returns by which words [`Access::behalf`] knows this caller again; none if it cannot.
    #[must_use]
    pub fn behalf(&self) -> Option<String> {
        match self.limits.as_ref().map(|limits| limits.of) {
            Some(LimitsOf::Token(id)) => return Some(format!("{TOKEN}{id}")),
            Some(LimitsOf::App(id, _)) => return Some(format!("{APP}{id}")),
            None => {}
        }
        match (&self.holder, self.via) {
            (_, Via::Nothing) => None,
            (Holder::User(id), _) => Some(format!("{USER}{id}")),
            // What the other system said holds as long as the login.
            (Holder::Identity(_), Via::Session(id)) => Some(format!("{SESSION}{id}")),
            (Holder::Identity(_), _) => None,
            (Holder::Service, _) => Some(format!("{SERVICE}{}", self.actor)),
        }
    }
}

impl Access {
    /// Returns somebody by the words of [`Caller::behalf`], with what they may do now.
    pub fn behalf(&self, words: &str) -> Result<Caller, Unknown> {
        if self.is_open() {
            return self.authenticate(&crate::Credential::Nothing, "");
        }
        let found = if let Some(id) = words.strip_prefix(TOKEN) {
            let known = id.parse().ok().and_then(|id| self.directory().token_by_id(id));
            let known = known.ok_or(Unknown::Revoked)?;
            self.token_caller(&known)?
        } else if let Some(id) = words.strip_prefix(APP) {
            let known = id.parse().ok().and_then(|id| self.directory().app(id));
            self.app_caller(&*known.ok_or(Unknown::Revoked)?)?
        } else if let Some(id) = words.strip_prefix(USER) {
            let user = id.parse().map_err(|_| Unknown::Nobody)?;
            let holder = Holder::User(user);
            person(&self.directory(), &holder, Via::Plugin).ok_or(Unknown::Disabled)?
        } else if let Some(id) = words.strip_prefix(SESSION) {
            let directory = self.directory();
            let known = id.parse().ok().and_then(|id| directory.session_by_id(id));
            let known = known.ok_or(Unknown::SessionOver)?;
            if known.session.expires_at <= self.inner.clock.now() {
                return Err(Unknown::SessionOver);
            }
            person(&directory, &known.session.holder, Via::Plugin).ok_or(Unknown::Disabled)?
        } else {
            let actor = words.strip_prefix(SERVICE).ok_or(Unknown::Nobody)?;
            self.service(actor).ok_or(Unknown::Nobody)?
        };
        Ok(Caller { via: Via::Plugin, ..found })
    }
}
