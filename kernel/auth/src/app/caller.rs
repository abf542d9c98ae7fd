//! For whom an app acts: what a check asks.

use std::sync::Arc;

use kernel_ports::access::Digest;

use crate::access::{Access, person};
use crate::caller::{Caller, Via};
use crate::directory::KnownApp;
use crate::error::Unknown;

impl Access {
    /// Returns for whom the app of a token acts.
    pub(crate) fn app_token(&self, digest: &Digest) -> Result<Caller, Unknown> {
        // Made by this server once, but not known: it has expired long ago, its app was removed, or
        // the database was replaced.
        let token = self.directory().app_token(digest).ok_or(Unknown::Revoked)?;
        if token.expires_at <= self.inner.clock.now() {
            return Err(Unknown::Expired);
        }
        let known = self.directory().app(token.app).ok_or(Unknown::Revoked)?;
        self.app_caller(&known)
    }

    /// Returns for whom an app acts, if it may still.
    pub(crate) fn app_caller(&self, known: &KnownApp) -> Result<Caller, Unknown> {
        if known.app.expires_at <= self.inner.clock.now() {
            return Err(Unknown::Expired);
        }
        let via = Via::App(known.app.id);
        let person = person(&self.directory(), &known.app.holder, via);
        let limits = Some(Arc::clone(&known.limits));
        Ok(Caller { limits, ..person.ok_or(Unknown::Disabled)? })
    }
}
