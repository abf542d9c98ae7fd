//! Descriptions of programs: Client ID Metadata Documents.
//!
//! The id of a program is the address of its description, which is fetched from a public address
//! without following redirects, believed for some minutes, and kept in memory only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel_model::time::Time;
use kernel_ports::fetch::{Fetch, FetchError};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::Semaphore;
use url::Url;

use super::client::{self, AppClient, ClientError, clip};
use super::is_loopback;
use super::pace::Pace;

/// A description is some lines of text.
const BYTES_MAX: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
/// A description that changes is seen after this time.
const AGE_MS: u64 = 10 * 60_000;
const KNOWN_MAX: usize = 200;
const AT_A_TIME: usize = 4;
/// Of one address of a browser.
const PER_HOUR: u32 = 200;
const CHARS_MAX: usize = 500;

/// Those that were fetched lately.
#[derive(Debug)]
pub(super) struct Documents {
    known: Mutex<HashMap<String, (Time, Arc<AppClient>)>>,
    places: Semaphore,
    pace: Pace,
}

/// What of a description counts here.
#[derive(Deserialize)]
struct Document {
    client_id: String,
    #[serde(default)]
    client_name: String,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<IgnoredAny>,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            places: Semaphore::new(AT_A_TIME),
            pace: Pace::new(PER_HOUR),
        }
    }
}

impl Documents {
    pub(super) async fn get(
        &self,
        id: &str,
        fetch: &dyn Fetch,
        address: &str,
        now: Time,
    ) -> Result<Arc<AppClient>, ClientError> {
        let url = client::address_check(id)?;
        if let Some(client) = self.known(id, now) {
            return Ok(client);
        }
        let taken = self.pace.take(address, now);
        taken.map_err(|wait_ms| ClientError::Throttled { wait_ms })?;
        let fetched = tokio::time::timeout(PATIENCE, async {
            let _place = self.places.acquire().await;
            fetch.fetch_here(id, BYTES_MAX).await
        });
        let unread = |reason: String| ClientError::Document { client: clip(id, 200), reason };
        let text = match fetched.await {
            Ok(text) => text.map_err(|err| unread(told(&err)))?,
            Err(_) => return Err(unread("it did not arrive in time".to_owned())),
        };
        let client = Arc::new(read(id, &url, &text).map_err(unread)?);
        self.keep(id, &client, now);
        Ok(client)
    }

    fn known(&self, id: &str, now: Time) -> Option<Arc<AppClient>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, client) = known.get(id)?;
        (now.since_ms(*at) < AGE_MS).then(|| Arc::clone(client))
    }

    fn keep(&self, id: &str, client: &Arc<AppClient>, now: Time) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.retain(|_, (at, _)| now.since_ms(*at) < AGE_MS);
        }
        if known.len() < KNOWN_MAX {
            known.insert(id.to_owned(), (now, Arc::clone(client)));
        }
    }
}

/// Returns where a description lies, or why that is no such address.
pub(super) fn address(id: &str) -> Result<Url, &'static str> {
    let url = Url::parse(id).map_err(|_| "it is no address")?;
    let host = url.host_str().unwrap_or_default();
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(host)) {
        return Err("it begins with https://");
    }
    // Two ways to write an address would be two programs.
    if url.as_str() != id || id.len() > CHARS_MAX {
        return Err("it is not written in its plain form, or too long");
    }
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("it has a fragment, a name or a password");
    }
    if url.path() == "/" {
        return Err("it has no path");
    }
    Ok(url)
}

fn read(id: &str, url: &Url, text: &str) -> Result<AppClient, String> {
    let document: Document = serde_json::from_str(text).map_err(|err| err.to_string())?;
    if document.client_id != id {
        return Err(format!("it describes {:?}", clip(&document.client_id, 200)));
    }
    if document.client_secret.is_some() {
        return Err("it has a secret in it, which everybody can read".to_owned());
    }
    match document.token_endpoint_auth_method.as_deref() {
        None | Some("none") => {}
        Some(other) => {
            let other = clip(other, 50);
            return Err(format!("it asks for the authentication {other:?}; expected \"none\""));
        }
    }
    client::redirects_check(&document.redirect_uris).map_err(|err| err.to_string())?;
    let host = url.host_str().unwrap_or_default();
    Ok(AppClient {
        id: id.to_owned(),
        name: client::name(&document.client_name, host),
        redirect_uris: document.redirect_uris,
        host: Some(host.to_owned()),
    })
}

/// Returns why nothing was fetched, in the words of whoever looks at the page.
fn told(err: &FetchError) -> String {
    match err {
        FetchError::Denied { reason, .. } => reason.clone(),
        FetchError::Status { status, .. } => format!("the answer there is {status}"),
        FetchError::TooLarge { limit, .. } => format!("it is larger than {limit} bytes"),
        FetchError::Io { err, .. } => err.to_string(),
    }
}

#[cfg(test)]
mod tests;
