//! OpenID Connect: a provider that describes itself, and says who somebody is by a signed token.

use serde_json::{Map, Value};
use tenon_sdk::http::Request;
use tenon_sdk::{Error, Result};
use wit_envelope::identity::{Authorize, Exchange, Redirect};

use crate::code::{self, Client, ClientAuth, Token};
use crate::jwt::{self, Expected};

/// A provider, as it describes itself.
#[derive(Debug, Clone)]
pub struct Provider {
    /// As it stands in its tokens.
    pub issuer: String,
    authorize_url: String,
    token_url: String,
    keys_url: String,
    userinfo_url: String,
    auth: ClientAuth,
}

/// Somebody whom the provider knows.
#[derive(Debug, Clone)]
pub struct Person {
    /// Those of the ID token.
    pub claims: Map<String, Value>,
    pub token: Token,
}

impl Provider {
    /// Asks the provider at `url` to describe itself. It must call itself `issuer`.
    pub fn discover(url: &str, is_issuer: impl Fn(&str) -> bool) -> Result<Self> {
        let url = url.trim_end_matches('/');
        let response = Request::get(&format!("{url}/.well-known/openid-configuration"))
            .header("accept", "application/json")
            .send()?;
        if response.status() != 200 {
            return Err(Error::unavailable(format!(
                "{url} is no OpenID Connect provider: its description answers {}",
                response.status()
            )));
        }
        let about: Value = response.json()?;
        let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        let issuer = text("issuer");
        if !is_issuer(&issuer) {
            return Err(Error::unavailable(format!(
                "{url} calls itself {issuer:?}; configure it by that name"
            )));
        }
        let methods = crate::texts(&about["token_endpoint_auth_methods_supported"]);
        let has = |name: &str| methods.iter().any(|method| method == name);
        let auth = match has("client_secret_post") && !has("client_secret_basic") {
            true => ClientAuth::Post,
            false => ClientAuth::Basic,
        };
        let provider = Self {
            issuer,
            authorize_url: text("authorization_endpoint"),
            token_url: text("token_endpoint"),
            keys_url: text("jwks_uri"),
            userinfo_url: text("userinfo_endpoint"),
            auth,
        };
        for (what, url) in [
            ("authorization_endpoint", &provider.authorize_url),
            ("token_endpoint", &provider.token_url),
            ("jwks_uri", &provider.keys_url),
        ] {
            if url.is_empty() {
                return Err(Error::unavailable(format!(
                    "{} does not say its {what}",
                    provider.issuer
                )));
            }
        }
        Ok(provider)
    }

    /// Returns where the browser is sent.
    #[must_use]
    pub fn redirect(&self, client: &Client, scope: &str, authorize: &Authorize) -> Redirect {
        code::redirect(&self.authorize_url, client, scope, authorize, &authorize.nonce)
    }

    /// Exchanges the code, and checks the ID token. `issuer` says from its unverified claims which
    /// issuer it must be from.
    pub fn exchange(
        &self,
        client: &Client,
        exchange: &Exchange,
        issuer: impl Fn(&Value) -> Option<String>,
    ) -> Result<Person> {
        let token = code::exchange(&self.issuer, &self.token_url, client, self.auth, exchange)?;
        if token.id_token.is_empty() {
            return Err(Error::unavailable(format!(
                "{} gave no ID token; is `openid` among the scopes?",
                self.issuer
            )));
        }
        let issuer = issuer(&jwt::unverified(&token.id_token)?).ok_or_else(|| {
            Error::new("denied", "the ID token cannot be used: it is from another tenant")
        })?;
        let response = Request::get(&self.keys_url).header("accept", "application/json").send()?;
        if response.status() != 200 {
            return Err(Error::unavailable(format!(
                "{} does not give its keys: {} answers {}",
                self.issuer,
                self.keys_url,
                response.status()
            )));
        }
        let keys: Value = response.json()?;
        let expected = Expected {
            issuer: &issuer,
            audience: &client.id,
            nonce: &exchange.nonce,
            now_ms: exchange.now_ms,
        };
        match jwt::verified(&token.id_token, &keys, &expected)? {
            Value::Object(claims) => Ok(Person { claims, token }),
            _ => Err(Error::internal("bug: checked claims are no object")),
        }
    }

    /// Adds what the provider says of somebody beside the ID token, which counts before it.
    pub fn userinfo(&self, person: &mut Person) -> Result<()> {
        if self.userinfo_url.is_empty() {
            return Ok(());
        }
        let more: Map<String, Value> = person.token.get(&self.issuer, &self.userinfo_url)?;
        // Else it could be about somebody else.
        if more.get("sub") != person.claims.get("sub") {
            return Err(Error::new("denied", "the provider describes somebody else"));
        }
        for (name, value) in more {
            person.claims.entry(name).or_insert(value);
        }
        Ok(())
    }
}

impl Person {
    /// Returns a claim by its name, or by its path: `realm_access.roles`.
    #[must_use]
    pub fn claim(&self, name: &str) -> &Value {
        if let Some(found) = self.claims.get(name) {
            return found;
        }
        let mut parts = name.split('.');
        let first = parts.next().and_then(|first| self.claims.get(first));
        parts.fold(first.unwrap_or(&Value::Null), |found, part| &found[part])
    }

    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.claim(name).as_str().unwrap_or_default().to_owned()
    }

    /// Returns the address of who has shown that it is theirs.
    #[must_use]
    pub fn email(&self) -> String {
        match self.claim("email_verified") {
            Value::Bool(true) => self.text("email"),
            Value::String(text) if text == "true" => self.text("email"),
            _ => String::new(),
        }
    }

    /// Returns all claims, and the scopes that were granted.
    #[must_use]
    pub fn extra(&self) -> Value {
        let mut extra = self.claims.clone();
        // They belong to this login alone.
        for name in ["nonce", "at_hash", "c_hash", "aio", "rh", "uti"] {
            extra.remove(name);
        }
        extra.insert("scopes".to_owned(), self.token.scopes().into());
        Value::Object(extra)
    }
}
