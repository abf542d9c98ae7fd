//! Connected apps, their tokens, and clients.

use async_trait::async_trait;
use kernel_model::id::{AppId, ClientId};
use kernel_model::time::Time;
use kernel_ports::app::{APP_TOKENS_MAX, AppStore, AppToken, Client, ConnectedApp};
use kernel_ports::store::StoreError;

use super::{Data, MemoryControl};

#[async_trait]
impl AppStore for MemoryControl {
    async fn app_put(
        &self,
        app: &ConnectedApp,
        token: Option<&AppToken>,
        now: Time,
    ) -> Result<(), StoreError> {
        let mut data = self.data();
        data.apps.retain(|_, app| app.expires_at > now);
        data.apps.insert(app.id, app.clone());
        if let Some(token) = token {
            data.app_tokens.push(token.clone());
            data.app_tokens.retain(|known| known.app != app.id || known.expires_at > now);
            let own = data.app_tokens.iter().filter(|known| known.app == app.id).count();
            let mut over = own.saturating_sub(APP_TOKENS_MAX);
            data.app_tokens.retain(|known| {
                let goes = known.app == app.id && over > 0;
                over -= usize::from(goes);
                !goes
            });
        }
        data.app_tokens_clean();
        Ok(())
    }

    async fn app_remove(&self, apps: &[AppId]) -> Result<(), StoreError> {
        let mut data = self.data();
        data.apps.retain(|id, _| !apps.contains(id));
        data.app_tokens_clean();
        Ok(())
    }

    async fn client_add(&self, client: &Client, max: usize) -> Result<bool, StoreError> {
        let mut data = self.data();
        let over = (data.clients.len() + 1).saturating_sub(max);
        let is_used = |id: &ClientId| data.apps.values().any(|app| app.client == id.to_string());
        let unused = data.clients.keys().filter(|id| !is_used(id)).take(over);
        for id in unused.copied().collect::<Vec<_>>() {
            data.clients.remove(&id);
        }
        let has_room = data.clients.len() < max;
        if has_room {
            data.clients.insert(client.id, client.clone());
        }
        Ok(has_room)
    }

    async fn client_get(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self.data().clients.get(&id).cloned())
    }
}

impl Data {
    /// Forgets the tokens of apps that are gone.
    pub(super) fn app_tokens_clean(&mut self) {
        let Self { apps, app_tokens, .. } = self;
        app_tokens.retain(|token| apps.contains_key(&token.app));
    }
}
