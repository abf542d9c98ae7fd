//! Which program asks.

use std::sync::Arc;

use kernel_model::id::ClientId;
use kernel_ports::app::Client;
use kernel_ports::fetch::Fetch;
use kernel_ports::store::StoreError;

use super::{document, redirect};
use crate::access::Access;

/// A program registers itself once, and a test run a few times.
pub(super) const REGISTRATIONS_PER_HOUR: u32 = 60;
/// So many are kept; the oldest that nobody has let in make room.
const CLIENTS_MAX: usize = 1_000;
const REDIRECT_URIS_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 80;

/// A program that asks to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppClient {
    /// As the program says it: an id that it was given, or the address of its description.
    pub id: String,
    /// What it calls itself; nobody has checked that.
    pub name: String,
    pub redirect_uris: Vec<String>,
    /// Whose description it is; none: it has registered itself.
    pub host: Option<String>,
}

/// What a program says of itself to be registered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientDraft {
    pub name: String,
    pub redirect_uris: Vec<String>,
}

/// Why it is not known which program asks, or where it may be answered.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no program is registered here as {client:?}; it has to register again")]
    Unknown { client: String },
    #[error("{client:?} is not the address of a program's description: {reason}")]
    Address { client: String, reason: String },
    #[error("the description of the program at {client:?} cannot be read: {reason}")]
    Document { client: String, reason: String },
    #[error("the program did not say that it may be answered at {found:?}")]
    Redirect { found: String },
    #[error("{reason}")]
    RedirectUri { reason: String },
    #[error("there were too many programs of this address")]
    Throttled { wait_ms: u64 },
    #[error("this server knows too many programs; let somebody revoke connected apps")]
    Full,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AppClient {
    /// Checks that the program may be answered there.
    pub fn check_redirect(&self, uri: &str) -> Result<(), ClientError> {
        if redirect::is_registered(&self.redirect_uris, uri) {
            return Ok(());
        }
        Err(ClientError::Redirect { found: clip(uri, 200) })
    }

    /// Returns whether it is known by the address of its description, which has to be fetched.
    #[must_use]
    pub fn is_described(id: &str) -> bool {
        id.starts_with("https://") || id.starts_with("http://")
    }
}

impl Access {
    /// Returns the program of that id. `fetch` gets descriptions of programs.
    pub async fn client(
        &self,
        id: &str,
        fetch: &dyn Fetch,
        address: &str,
    ) -> Result<Arc<AppClient>, ClientError> {
        if AppClient::is_described(id) {
            let now = self.inner.clock.now();
            return self.inner.apps.documents.get(id, fetch, address, now).await;
        }
        let unknown = || ClientError::Unknown { client: clip(id, 100) };
        let known: ClientId = id.parse().map_err(|_| unknown())?;
        let client = self.inner.store.client_get(known).await?.ok_or_else(unknown)?;
        Ok(Arc::new(AppClient {
            id: client.id.to_string(),
            name: client.name,
            redirect_uris: client.redirect_uris,
            host: None,
        }))
    }

    /// Registers a program.
    pub async fn client_register(
        &self,
        draft: ClientDraft,
        address: &str,
    ) -> Result<Client, ClientError> {
        redirects_check(&draft.redirect_uris)?;
        let inner = &self.inner;
        let now = inner.clock.now();
        let taken = inner.apps.registrations.take(address, now);
        taken.map_err(|wait_ms| ClientError::Throttled { wait_ms })?;
        let client = Client {
            id: ClientId(inner.entropy.id()),
            name: name(&draft.name, "an app without a name"),
            redirect_uris: draft.redirect_uris,
            created_at: now,
        };
        match inner.store.client_add(&client, CLIENTS_MAX).await? {
            true => Ok(client),
            false => Err(ClientError::Full),
        }
    }
}

pub(super) fn redirects_check(uris: &[String]) -> Result<(), ClientError> {
    if uris.is_empty() || uris.len() > REDIRECT_URIS_MAX {
        let reason = format!(
            "redirect_uris has {} addresses; a program has from 1 to {REDIRECT_URIS_MAX}",
            uris.len()
        );
        return Err(ClientError::RedirectUri { reason });
    }
    for uri in uris {
        redirect::check(uri).map_err(|reason| ClientError::RedirectUri { reason })?;
    }
    Ok(())
}

/// Returns what a program calls itself, fit to be shown.
pub(super) fn name(said: &str, otherwise: &str) -> String {
    let name: String = said.trim().chars().filter(|c| !c.is_control()).collect();
    let name = if name.is_empty() { otherwise } else { &name };
    clip(name, NAME_CHARS_MAX)
}

pub(super) fn clip(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// Returns where a description lies, if that is such an address.
pub(super) fn address_check(id: &str) -> Result<url::Url, ClientError> {
    let refused =
        |reason: &str| ClientError::Address { client: clip(id, 200), reason: reason.to_owned() };
    document::address(id).map_err(refused)
}
