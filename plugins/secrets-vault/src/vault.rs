//! Requests to the vault.

use serde::Deserialize;
use serde_json::Value;
use tenon_sdk::http::Request;
use tenon_sdk::{Error, Result, config, secret};

use crate::login;

/// What the operator says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Config {
    pub(crate) url: String,
    mount: Option<String>,
    prefix: String,
    pub(crate) namespace: String,
    token: String,
    pub(crate) role_id: String,
    pub(crate) secret_id: String,
}

/// A vault that can be asked.
pub(crate) struct Vault {
    config: Config,
}

/// What the vault says.
pub(crate) enum Answer {
    Found(Value),
    Missing,
}

impl Vault {
    pub(crate) fn open() -> Result<Self> {
        let mut config: Config = config()?;
        if config.url.is_empty() {
            return Err(Error::invalid("the vault has no address; configure its `url`"));
        }
        config.url.truncate(config.url.trim_end_matches('/').len());
        Ok(Self { config })
    }

    /// Returns the path of an entry's value.
    pub(crate) fn data(&self, scope: &str, name: &str) -> String {
        self.path("data", scope, name)
    }

    /// Returns the path of an entry as a whole or, without a name, of the folder of a scope.
    pub(crate) fn metadata(&self, scope: &str, name: &str) -> String {
        self.path("metadata", scope, name)
    }

    fn path(&self, what: &str, scope: &str, name: &str) -> String {
        let mount = self.config.mount.as_deref().unwrap_or("secret").trim_matches('/');
        let prefix = self.config.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let name = name.replace('/', "~");
        format!("/v1/{mount}/{what}/{prefix}{slash}{scope}/-/{name}")
    }

    /// Sends a request, with a new token if the old one has ended.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        if !self.config.token.is_empty() {
            // As a reference it never enters this plugin: the host puts the value in place.
            return self.call_with(&self.config.token, method, path, body)?.ok_or_else(|| {
                Error::new(
                    "denied",
                    "the vault refuses the token; it may have ended, or lack a policy",
                )
            });
        }
        if self.config.role_id.is_empty() {
            return Err(Error::invalid(
                "the vault needs a `token`, or a `roleId` and a `secretId`",
            ));
        }
        if let Some(token) = login::kept()?
            && let Some(answer) = self.call_with(&token, method, path, body)?
        {
            return Ok(answer);
        }
        let token = login::login(&self.config)?;
        self.call_with(&token, method, path, body)?.ok_or_else(|| {
            Error::new("denied", format!("the vault does not let its role do {method} {path}"))
        })
    }

    /// None: the vault refuses the token.
    fn call_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<Answer>> {
        let url = format!("{}{path}", self.config.url);
        let mut request = request(&self.config, method, &url).header("x-vault-token", token);
        if let Some(body) = body {
            request = request.json(body)?;
        }
        let response = request.send()?;
        match response.status() {
            200 => Ok(Some(Answer::Found(response.json()?))),
            204 => Ok(Some(Answer::Found(Value::Null))),
            403 => Ok(None),
            404 => Ok(Some(Answer::Missing)),
            status => Err(refused(status, &self.config.url)),
        }
    }

    pub(crate) fn no_engine(&self) -> Error {
        let mount = self.config.mount.as_deref().unwrap_or("secret");
        Error::invalid(format!("the vault has no KV engine, version 2, at {mount:?}; see `mount`"))
    }
}

pub(crate) fn request(config: &Config, method: &str, url: &str) -> Request {
    let request = Request::new(method, url);
    match config.namespace.as_str() {
        "" => request,
        namespace => request.header("x-vault-namespace", namespace),
    }
}

/// Says what a status means. What the vault wrote is not quoted: it may hold what was sent.
pub(crate) fn refused(status: u16, url: &str) -> Error {
    match status {
        400 => Error::invalid(format!("{url} refuses the request; is its KV engine of version 2?")),
        429 | 500.. => {
            Error::unavailable(format!("{url} answers {status}; it may be sealed or busy"))
        }
        _ => Error::unavailable(format!("{url} answers {status}, which is not what a vault says")),
    }
}

/// Returns what a text of the configuration means: `secret:NAME`, or itself.
pub(crate) fn revealed(text: &str) -> Result<String> {
    match text.strip_prefix("secret:") {
        Some(name) => secret::get(name)?.reveal(),
        None => Ok(text.to_owned()),
    }
}
