//! Who a visitor is, by any provider of OpenID Connect.

use identity_oauth::oidc::{Person, Provider};
use identity_oauth::{Client, texts};
use serde::Deserialize;
use tenon_sdk::{Error, Identity, Result, config};
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

/// Visitors of one provider.
#[derive(Debug)]
pub struct OpenId;

/// What the operator says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    issuer: String,
    client_id: String,
    client_secret: String,
    scopes: String,
    groups_claim: String,
    organizations_claim: String,
    name_claim: String,
    email: String,
}

impl Default for Config {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            scopes: text("openid profile email"),
            groups_claim: text("groups"),
            organizations_claim: text("organizations"),
            name_claim: text("preferred_username"),
            email: text("verified"),
        }
    }
}

impl Identity for OpenId {
    fn authorize(authorize: Authorize) -> Result<Redirect> {
        let config = Config::read()?;
        let provider = config.provider()?;
        Ok(provider.redirect(&config.client(), &config.scopes, &authorize))
    }

    fn exchange(exchange: Exchange) -> Result<Claims> {
        let config = Config::read()?;
        let provider = config.provider()?;
        let issuer = provider.issuer.clone();
        let mut person =
            provider.exchange(&config.client(), &exchange, |_| Some(issuer.clone()))?;
        // Many providers keep their tokens short.
        if [config.groups_claim.as_str(), &config.name_claim, "email"]
            .iter()
            .any(|name| person.claim(name).is_null())
        {
            provider.userinfo(&mut person)?;
        }
        Ok(config.claims(&person))
    }
}

impl Config {
    fn read() -> Result<Self> {
        let config: Self = config()?;
        if config.issuer.is_empty() || config.client_id.is_empty() {
            return Err(Error::invalid("the provider needs an `issuer` and a `clientId`"));
        }
        Ok(config)
    }

    fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: self.client_secret.clone() }
    }

    fn provider(&self) -> Result<Provider> {
        let want = self.issuer.trim_end_matches('/');
        Provider::discover(&self.issuer, |issuer| issuer.trim_end_matches('/') == want)
    }

    fn claims(&self, person: &Person) -> Claims {
        let first = |names: &[&str]| {
            names.iter().map(|name| person.text(name)).find(|t| !t.is_empty()).unwrap_or_default()
        };
        Claims {
            provider: "oidc".to_owned(),
            subject: person.text("sub"),
            name: first(&[&self.name_claim, "preferred_username", "nickname", "email", "sub"]),
            display_name: person.text("name"),
            email: match self.email.as_str() {
                "any" => person.text("email"),
                _ => person.email(),
            },
            groups: texts(person.claim(&self.groups_claim)),
            organizations: texts(person.claim(&self.organizations_claim)),
            avatar_url: person.text("picture"),
            extra: person.extra(),
        }
    }
}

tenon_sdk::export_identity!(OpenId);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
