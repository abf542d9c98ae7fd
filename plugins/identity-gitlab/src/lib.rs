//! Who a visitor is, by GitLab, which is a provider of OpenID Connect.
//!
//! Groups are full paths, such as `myorg/platform`; organizations are their first parts.

use std::collections::BTreeSet;

use identity_oauth::oidc::{Person, Provider};
use identity_oauth::{Client, texts};
use serde::Deserialize;
use tenon_sdk::{Error, Identity, Result, config};
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

/// Visitors of one GitLab.
#[derive(Debug)]
pub struct GitLab;

/// What the operator says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    client_id: String,
    client_secret: String,
    url: String,
    scopes: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            client_secret: String::new(),
            url: "https://gitlab.com".to_owned(),
            scopes: "openid profile email".to_owned(),
        }
    }
}

impl Identity for GitLab {
    fn authorize(authorize: Authorize) -> Result<Redirect> {
        let config = Config::read()?;
        Ok(config.provider()?.redirect(&config.client(), &config.scopes, &authorize))
    }

    fn exchange(exchange: Exchange) -> Result<Claims> {
        let config = Config::read()?;
        let provider = config.provider()?;
        let issuer = provider.issuer.clone();
        let mut person =
            provider.exchange(&config.client(), &exchange, |_| Some(issuer.clone()))?;
        // The token has the groups that somebody is in directly; all of them stand there.
        provider.userinfo(&mut person)?;
        Ok(claims(&person))
    }
}

impl Config {
    fn read() -> Result<Self> {
        let config: Self = config()?;
        if config.client_id.is_empty() {
            return Err(Error::invalid("the application has no `clientId`; configure it"));
        }
        Ok(config)
    }

    fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: self.client_secret.clone() }
    }

    fn provider(&self) -> Result<Provider> {
        let want = self.url.trim_end_matches('/');
        Provider::discover(want, |issuer| issuer.trim_end_matches('/') == want)
    }
}

fn claims(person: &Person) -> Claims {
    let groups = texts(person.claim("groups"));
    let first = |group: &String| group.split('/').next().unwrap_or_default().to_owned();
    let organizations: BTreeSet<String> = groups.iter().map(first).collect();
    Claims {
        provider: "gitlab".to_owned(),
        subject: person.text("sub"),
        name: person.text("nickname"),
        display_name: person.text("name"),
        email: person.email(),
        organizations: organizations.into_iter().filter(|name| !name.is_empty()).collect(),
        groups,
        avatar_url: person.text("picture"),
        extra: person.extra(),
    }
}

tenon_sdk::export_identity!(GitLab);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
