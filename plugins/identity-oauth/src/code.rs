//! The authorization code flow with PKCE (RFC 6749, RFC 7636).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenon_sdk::http::{Request, Response};
use tenon_sdk::{Error, Result, base64, secret};
use wit_envelope::identity::{Authorize, Exchange, Redirect};

use crate::text::{escaped, form};

/// This server, as the provider knows it.
#[derive(Clone, Default)]
pub struct Client {
    pub id: String,
    /// The secret, `secret:NAME`, or empty: a public client.
    pub secret: String,
}

/// How the client says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In a header.
    Basic,
    /// In the form.
    Post,
}

/// What a code was exchanged for.
#[derive(Clone, Default, Deserialize)]
pub struct Token {
    #[serde(default)]
    pub access_token: String,
    #[serde(default)]
    pub id_token: String,
    /// What was granted, with spaces or commas.
    #[serde(default)]
    pub scope: String,
    /// Some providers refuse with status 200.
    #[serde(default)]
    error: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// Returns where the browser is sent.
pub fn redirect(
    endpoint: &str,
    client: &Client,
    scope: &str,
    authorize: &Authorize,
    nonce: &str,
) -> Redirect {
    let fields = form(&[
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", &authorize.redirect_uri),
        ("scope", scope),
        ("state", &authorize.state),
        ("nonce", nonce),
        ("code_challenge", &authorize.code_challenge),
        ("code_challenge_method", "S256"),
        ("login_hint", authorize.login_hint.as_deref().unwrap_or_default()),
    ]);
    let sign = if endpoint.contains('?') { '&' } else { '?' };
    Redirect { url: format!("{endpoint}{sign}{fields}") }
}

/// Exchanges the code. `who` is the provider, for messages.
pub fn exchange(
    who: &str,
    endpoint: &str,
    client: &Client,
    auth: ClientAuth,
    exchange: &Exchange,
) -> Result<Token> {
    let secret = client.secret()?;
    let in_form = auth == ClientAuth::Post || secret.is_empty();
    let fields = form(&[
        ("grant_type", "authorization_code"),
        ("code", &exchange.code),
        ("redirect_uri", &exchange.redirect_uri),
        ("code_verifier", &exchange.code_verifier),
        ("client_id", if in_form { &client.id } else { "" }),
        ("client_secret", if in_form { &secret } else { "" }),
    ]);
    let mut request = Request::post(endpoint)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded");
    if !in_form {
        let pair = format!("{}:{}", escaped(&client.id), escaped(&secret));
        let pair = base64::encode(pair.as_bytes());
        request = request.header("authorization", &format!("Basic {pair}"));
    }
    let response = request.body(fields).send()?;
    let status = response.status();
    let text = response.text()?;
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    let said = answer["error"].as_str().unwrap_or_default();
    match (status, said) {
        (200, "") => {}
        (401, _)
        | (_, "invalid_client" | "unauthorized_client" | "incorrect_client_credentials") => {
            return Err(Error::unavailable(format!(
                "{who} does not accept the client; check its id and secret"
            )));
        }
        (429 | 500.., _) => {
            return Err(Error::unavailable(format!("{who} answers {status}; try again later")));
        }
        (_, "redirect_uri_mismatch") => {
            return Err(Error::unavailable(format!(
                "{who} does not know the address {} to send browsers back to; register it there",
                exchange.redirect_uri
            )));
        }
        _ => {
            return Err(Error::new("denied", "it does not take the code, which may be too old"));
        }
    }
    let token: Token = serde_json::from_value(answer).unwrap_or_default();
    if token.access_token.is_empty() || token.error.is_some() {
        return Err(Error::unavailable(format!("{who} gave no token, and does not say why")));
    }
    Ok(token)
}

impl Client {
    fn secret(&self) -> Result<String> {
        match self.secret.strip_prefix("secret:") {
            Some(name) => secret::get(name)?.reveal(),
            None => Ok(self.secret.clone()),
        }
    }
}

impl Token {
    /// Asks for JSON as the person who logs in.
    pub fn get<T: DeserializeOwned>(&self, who: &str, url: &str) -> Result<T> {
        self.answer(who, url)?.json()
    }

    /// The same with the head of the answer.
    pub fn answer(&self, who: &str, url: &str) -> Result<Response> {
        let response = Request::get(url)
            .header("accept", "application/json")
            .header("authorization", &format!("Bearer {}", self.access_token))
            .send()?;
        match response.status() {
            200 => Ok(response),
            403 | 404 => Err(Error::new(
                "denied",
                format!("{who} does not show {url} to this server; a scope may be missing"),
            )),
            status => Err(Error::unavailable(format!("{who} answers {status} for {url}"))),
        }
    }

    /// Returns what was granted, one by one.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        let scopes = self.scope.split([' ', ',']).filter(|scope| !scope.is_empty());
        scopes.map(str::to_owned).collect()
    }
}
