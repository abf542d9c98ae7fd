//! A registry of artifacts: manifests and blobs of one repository, read and written.
//!
//! Invariants:
//! - Plain http only for registries that the operator has named.
//! - A login goes to the registry and to the place where it says that tokens are given, never to
//!   where a redirect or an upload leads.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use tokio::sync::Mutex;

use crate::artifact::MANIFEST;
use crate::credentials::Login;
use crate::digest::Digest;
use crate::fetch::Access;
use crate::fetch::http::{Http, TransferError, read, refusal};
use crate::reference::{Reference, Version};

mod challenge;
mod signatures;
mod upload;

pub use upload::PushError;

use challenge::Challenge;

/// No honest manifest is larger.
pub(crate) const MANIFEST_BYTES: u64 = 1024 * 1024;
const TOKEN_BYTES: u64 = 64 * 1024;

/// One repository of a registry.
#[derive(Debug)]
pub struct Registry {
    http: Http,
    reference: Reference,
    base: Url,
    login: Option<Login>,
    /// What the registry has accepted last.
    authorization: Mutex<Option<HeaderValue>>,
}

impl Registry {
    pub(crate) fn new(
        http: Http,
        access: &Access,
        reference: &Reference,
    ) -> Result<Self, TransferError> {
        let registry = &reference.registry;
        let scheme = if access.plain_http.contains(registry) { "http" } else { "https" };
        let base = format!("{scheme}://{registry}/v2/{}/", reference.repository);
        let base = Url::parse(&base).map_err(|err| TransferError::Protocol {
            host: registry.clone(),
            reason: err.to_string(),
        })?;
        let login = access.credentials.login(registry).cloned();
        let reference = reference.clone();
        Ok(Self { http, reference, base, login, authorization: Mutex::new(None) })
    }

    /// Returns the manifest of a version, as it is.
    ///
    /// # Errors
    /// Fails when it is not there or the registry is not.
    pub async fn manifest(&self, version: &Version) -> Result<Vec<u8>, TransferError> {
        let what = self.reference.at(version.clone()).to_string();
        let url = self.url(&format!("manifests/{version}"))?;
        let build = || {
            let index = "application/vnd.oci.image.index.v1+json";
            self.http.request(Method::GET, &url).header(ACCEPT, format!("{MANIFEST}, {index}"))
        };
        let response = self.ask(build, &what).await?;
        read(response, &what, self.host(), MANIFEST_BYTES).await
    }

    /// Returns a blob; the caller compares its digest.
    ///
    /// # Errors
    /// Fails when it is not there or larger than `limit`.
    pub async fn blob(&self, digest: Digest, limit: u64) -> Result<Vec<u8>, TransferError> {
        let what = format!("{digest} of oci://{}/{}", self.host(), self.reference.repository);
        let url = self.url(&format!("blobs/{digest}"))?;
        let response = self.ask(|| self.http.request(Method::GET, &url), &what).await?;
        read(response, &what, self.host(), limit).await
    }

    fn host(&self) -> &str {
        &self.reference.registry
    }

    fn user(&self) -> Option<&str> {
        self.login.as_ref().map(|login| login.user.as_str())
    }

    fn protocol(&self, reason: impl Into<String>) -> TransferError {
        TransferError::Protocol { host: self.host().to_owned(), reason: reason.into() }
    }

    fn url(&self, path: &str) -> Result<Url, TransferError> {
        self.base.join(path).map_err(|err| self.protocol(err.to_string()))
    }

    /// Sends a request whose answer must be a success.
    async fn ask(
        &self,
        build: impl Fn() -> RequestBuilder,
        what: &str,
    ) -> Result<Response, TransferError> {
        let response = self.send(build).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(response, what, self.host(), self.user()).await)
    }

    /// Sends a request; once more, with what the registry asks for, when it asks for a login.
    async fn send(&self, build: impl Fn() -> RequestBuilder) -> Result<Response, TransferError> {
        let known = self.authorization.lock().await.clone();
        let with = |authorization: Option<&HeaderValue>| match authorization {
            Some(value) => build().header(AUTHORIZATION, value),
            None => build(),
        };
        let response = self.http.send(with(known.as_ref()), self.host()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // Who a redirect led to is not whom the login is for.
        if response.url().origin() != self.base.origin() {
            return Ok(response);
        }
        let Some(challenge) = Challenge::of(response.headers()) else { return Ok(response) };
        let Some(authorization) = self.answer(challenge).await? else { return Ok(response) };
        *self.authorization.lock().await = Some(authorization.clone());
        self.http.send(with(Some(&authorization)), self.host()).await
    }

    async fn answer(&self, challenge: Challenge) -> Result<Option<HeaderValue>, TransferError> {
        match (challenge, &self.login) {
            (Challenge::Basic, Some(login)) => Ok(challenge::basic(login)),
            (Challenge::Basic, None) => Ok(None),
            (Challenge::Bearer { realm, service, scope }, login) => {
                let mut url = Url::parse(&realm)
                    .map_err(|_| self.protocol(format!("its realm {realm:?} is no address")))?;
                if url.scheme() != self.base.scheme() && url.scheme() != "https" {
                    return Err(self.protocol("it wants the login sent over plain http"));
                }
                for (name, value) in [("service", service), ("scope", scope)] {
                    if let Some(value) = value {
                        url.query_pairs_mut().append_pair(name, &value);
                    }
                }
                self.token(&url, login.as_ref()).await.map(Some)
            }
        }
    }

    async fn token(&self, url: &Url, login: Option<&Login>) -> Result<HeaderValue, TransferError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = self.http.request(Method::GET, url);
        if let Some(value) = login.and_then(challenge::basic) {
            request = request.header(AUTHORIZATION, value);
        }
        let response = self.http.send(request, &host).await?;
        if !response.status().is_success() {
            return Err(refusal(response, "a token", &host, self.user()).await);
        }
        let body = read(response, "the token", &host, TOKEN_BYTES).await?;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let token = ["token", "access_token"].iter().find_map(|name| body[*name].as_str());
        let header = token.and_then(challenge::bearer);
        header.ok_or(TransferError::Protocol { host, reason: "it gave no token".to_owned() })
    }
}
