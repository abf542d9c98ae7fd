//! Who a browser's visitor is: here, by OAuth 2 with PKCE at a provider of JSON.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenon_sdk::envelope::identity::{Authorize, Claims, Exchange, Redirect};
use tenon_sdk::http::{Request, Response};
use tenon_sdk::{Error, Identity, Result, config};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// The host is that of the manifest's request for `http`.
const PROVIDER: &str = "https://id.example.org";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    client_id: String,
}

#[derive(Debug, Deserialize)]
struct Token {
    access_token: String,
}

#[derive(Debug, Deserialize)]
struct Person {
    /// What the provider never gives to another.
    sub: String,
    name: String,
    #[serde(default)]
    groups: Vec<String>,
}

impl Identity for Plugin {
    fn authorize(authorize: Authorize) -> Result<Redirect> {
        let Config { client_id } = config()?;
        let parameters = [
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", &authorize.redirect_uri),
            ("state", &authorize.state),
            ("code_challenge", &authorize.code_challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| format!("{name}={}", escaped(value)));
        Ok(Redirect {
            url: format!("{PROVIDER}/authorize?{}", parameters.join("&")),
        })
    }

    fn exchange(exchange: Exchange) -> Result<Claims> {
        let Config { client_id } = config()?;
        let body = json!({
            "grant_type": "authorization_code",
            "client_id": client_id,
            "code": exchange.code,
            "code_verifier": exchange.code_verifier,
            "redirect_uri": exchange.redirect_uri,
        });
        let response = Request::post(&format!("{PROVIDER}/token"))
            .json(&body)?
            .send()?;
        let Token { access_token } = answered(&response)?;
        let response = Request::get(&format!("{PROVIDER}/me"))
            .header("authorization", &format!("Bearer {access_token}"))
            .send()?;
        let person: Person = answered(&response)?;
        Ok(Claims {
            provider: "example".to_owned(),
            subject: person.sub,
            name: person.name,
            groups: person.groups,
            ..Claims::default()
        })
    }
}

/// Reads an answer: `denied` when the provider refuses, `unavailable` when it is not well.
fn answered<T: DeserializeOwned>(response: &Response) -> Result<T> {
    match response.status() {
        // Some providers refuse with 200.
        200 => serde_json::from_slice(&response.bytes()?)
            .map_err(|_| Error::denied(format!("{PROVIDER} does not say who it is; log in again"))),
        status @ (429 | 500..) => Err(Error::unavailable(format!("{PROVIDER} answered {status}"))),
        _ => Err(Error::denied(format!(
            "{PROVIDER} does not take the code; log in again"
        ))),
    }
}

/// Escapes what has a meaning in a query.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

tenon_sdk::export_identity!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenon_sdk::Identity as _;
    use tenon_sdk::envelope::identity::{Authorize, Exchange};
    use tenon_sdk::testing::{self, http::Canned};

    use super::Plugin;

    #[test]
    fn a_visitor_is_sent_to_the_provider_and_known_when_back() {
        testing::with(|host| {
            host.config = json!({ "clientId": "tenon" });
            host.answers
                .push_back(Canned::new(200, r#"{"access_token": "t"}"#));
            host.answers
                .push_back(Canned::new(200, r#"{"sub": "7", "name": "ada"}"#));
        });
        let authorize = Authorize {
            state: "a&b".to_owned(),
            ..Authorize::default()
        };
        let url = Plugin::authorize(authorize).unwrap().url;
        assert!(
            url.contains("client_id=tenon") && url.contains("state=a%26b"),
            "{url}"
        );
        let claims = Plugin::exchange(Exchange::default()).unwrap();
        assert_eq!(
            (claims.subject.as_str(), claims.name.as_str()),
            ("7", "ada")
        );
    }

    #[test]
    fn a_code_that_the_provider_refuses_lets_nobody_in() {
        for (status, code) in [(400, "denied"), (200, "denied"), (500, "unavailable")] {
            testing::with(|host| {
                host.config = json!({ "clientId": "tenon" });
                host.answers.push_back(Canned::new(status, "{}"));
            });
            assert_eq!(
                Plugin::exchange(Exchange::default()).unwrap_err().code,
                code
            );
        }
    }
}
