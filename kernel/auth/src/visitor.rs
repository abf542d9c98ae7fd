//! People from other systems: letting them in, and what is known of them afterwards.

use std::sync::Arc;

use kernel_ports::access::{Holder, Identity, Visitor};

use crate::access::{Access, identity_name, person};
use crate::caller::Via;
use crate::error::{AccessError, LoginError};
use crate::session::detached;

impl Access {
    /// Lets in somebody whom another system vouches for, if a rule fits them, and keeps what is
    /// known of them: tokens and sessions that they have already see it from now on.
    pub async fn visitor_login(&self, identity: Identity) -> Result<Holder, LoginError> {
        let this = self.clone();
        let who = format!("{}/{}", identity.provider, identity_name(&identity));
        let done = detached(async move {
            let _change = this.inner.change.lock().await;
            let known = this.directory().visitor(&identity.provider, &identity.user_id);
            if known.as_ref().is_some_and(|visitor| visitor.is_disabled) {
                return Ok(Err(LoginError::Disabled { who }));
            }
            if this.directory().identity_grants(&identity).is_empty() {
                return Ok(Err(LoginError::NotAdmitted { who }));
            }
            let now = this.inner.clock.now();
            let visitor = Visitor {
                identity,
                is_disabled: false,
                first_at: known.map_or(now, |visitor| visitor.first_at),
                last_at: now,
            };
            this.inner.store.visitor_set(&visitor).await?;
            let holder = Holder::Identity(Box::new(visitor.identity.clone()));
            this.directory_mut().visitor_put(visitor);
            Ok(Ok(holder))
        });
        done.await?
    }

    /// Returns who has logged in by other systems, by system and its name for them.
    #[must_use]
    pub fn visitors(&self) -> Vec<Arc<Visitor>> {
        self.directory().visitors()
    }

    /// Returns the visitor of a name such as `example/42`.
    pub fn visitor(&self, name: &str) -> Result<Arc<Visitor>, AccessError> {
        let parts = name.split_once('/');
        let found = parts.and_then(|(provider, id)| self.directory().visitor(provider, id));
        found.ok_or_else(|| AccessError::VisitorUnknown { name: name.to_owned() })
    }

    /// Lets a visitor log in or not. Who is disabled is logged out everywhere.
    pub async fn visitor_disable(
        &self,
        name: &str,
        is_disabled: bool,
    ) -> Result<Arc<Visitor>, AccessError> {
        let (this, name) = (self.clone(), name.to_owned());
        detached(async move {
            let _change = this.inner.change.lock().await;
            let visitor = Visitor { is_disabled, ..(*this.visitor(&name)?).clone() };
            this.inner.store.visitor_set(&visitor).await?;
            if is_disabled {
                let holder = Holder::Identity(Box::new(visitor.identity.clone()));
                this.end_all_of(&holder).await?;
            }
            this.reload().await?;
            Ok(Arc::new(visitor))
        })
        .await
    }

    /// Returns the actor that somebody acts as.
    #[must_use]
    pub fn actor_of(&self, holder: &Holder) -> Option<String> {
        person(&self.directory(), holder, Via::Nothing).map(|caller| caller.actor)
    }
}
