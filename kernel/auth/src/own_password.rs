//! Changing one's own password.

use std::sync::Arc;

use kernel_ports::access::{Holder, User};

use crate::access::Access;
use crate::caller::{Caller, Via};
use crate::ending::Ending;
use crate::error::{AccessError, LoginError};
use crate::password::Busy;
use crate::session::{LOGIN, detached};

impl Access {
    /// Gives the caller another password, if the old one is right. Other logins of theirs end; the
    /// one that asks goes on, and so do tokens that were made by hand and connected apps.
    pub async fn password_change(
        &self,
        by: &Caller,
        old: &str,
        new: &str,
        address: &str,
    ) -> Result<(), LoginError> {
        let nobody = || LoginError::NoPassword { who: by.actor.clone() };
        let Holder::User(id) = by.holder else { return Err(nobody()) };
        let user = self.directory().users.get(&id).map(Arc::clone).ok_or_else(nobody)?;
        let phc = user.password.clone().ok_or_else(nobody)?;
        let (inner, now) = (&self.inner, self.inner.clock.now());
        if let Some(wait_ms) = inner.throttle.wait_ms(user.name.as_str(), address, now) {
            return Err(LoginError::Throttled { wait_ms });
        }
        // Counted before it is known, so that many at once are not free.
        inner.throttle.failed(user.name.as_str(), address, now);
        match inner.passwords.verify(old, Some(&phc)).await {
            Err(Busy) => return Err(LoginError::Busy),
            Ok(false) => return Err(LoginError::WrongOld),
            Ok(true) => inner.throttle.succeeded(user.name.as_str()),
        }
        if old == new {
            let reason = "the new password is the old one".to_owned();
            return Err(AccessError::Invalid { reason }.into());
        }
        let hash = self.hash(new).await?;
        let (this, via) = (self.clone(), by.via);
        let changed = detached(async move {
            let _change = this.inner.change.lock().await;
            let gone = || AccessError::UserUnknown { name: user.name.to_string() };
            let known = this.directory().users.get(&id).map(Arc::clone).ok_or_else(gone)?;
            let changed_at = this.inner.clock.now();
            let user = User { password: Some(hash), changed_at, ..(*known).clone() };
            this.inner.store.user_set(&user).await?;
            let ending = this.other_logins(&Holder::User(id), via);
            this.end_locked(&ending).await?;
            this.reload().await
        });
        Ok(changed.await?)
    }

    fn other_logins(&self, holder: &Holder, via: Via) -> Ending {
        let directory = self.directory();
        let Ending { mut sessions, mut tokens, .. } = Ending::all_of(&directory, holder);
        sessions.retain(|id| via != Via::Session(*id));
        tokens.retain(|id| {
            let known = directory.token_by_id(*id);
            via != Via::Token(*id) && known.is_some_and(|known| known.token.created_by == LOGIN)
        });
        Ending { sessions, tokens, apps: vec![] }
    }
}

#[cfg(test)]
mod tests;
