//! Who a visitor is, by GitHub or a GitHub Enterprise Server.
//!
//! Groups are teams, as `organization/team`. Only addresses that GitHub has verified are taken.

mod person;

use identity_oauth::{Client, ClientAuth, code};
use serde::Deserialize;
use tenon_sdk::{Error, Identity, Result, config};
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

const PUBLIC: &str = "https://github.com";
const WHO: &str = "GitHub";

/// Visitors of one GitHub.
#[derive(Debug)]
pub struct GitHub;

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
            url: PUBLIC.to_owned(),
            scopes: "read:user user:email read:org".to_owned(),
        }
    }
}

impl Identity for GitHub {
    fn authorize(authorize: Authorize) -> Result<Redirect> {
        let config = Config::read()?;
        let endpoint = format!("{}/login/oauth/authorize", config.url);
        Ok(code::redirect(&endpoint, &config.client(), &config.scopes, &authorize, ""))
    }

    fn exchange(exchange: Exchange) -> Result<Claims> {
        let config = Config::read()?;
        let endpoint = format!("{}/login/oauth/access_token", config.url);
        let token = code::exchange(WHO, &endpoint, &config.client(), ClientAuth::Post, &exchange)?;
        person::claims(&config.api(), &token)
    }
}

impl Config {
    fn read() -> Result<Self> {
        let mut config: Self = config()?;
        if config.client_id.is_empty() {
            return Err(Error::invalid("the OAuth app has no `clientId`; configure it"));
        }
        config.url.truncate(config.url.trim_end_matches('/').len());
        Ok(config)
    }

    fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: self.client_secret.clone() }
    }

    /// Returns where the API is.
    fn api(&self) -> String {
        match self.url.as_str() {
            PUBLIC => "https://api.github.com".to_owned(),
            url => format!("{url}/api/v3"),
        }
    }
}

tenon_sdk::export_identity!(GitHub);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
