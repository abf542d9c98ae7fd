//! Who a visitor is, by Microsoft Entra.
//!
//! The tenant that the operator names is the one that the token must be from. Where people of every
//! tenant are let in, the tenant is their organization, for rules to look at.
//!
//! Groups are object ids, as the app registration puts them into tokens, and the app roles beside
//! them. Those who are in too many for a token are looked up in Microsoft Graph.

use identity_oauth::oidc::{Person, Provider};
use identity_oauth::{Client, texts};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_sdk::http::Request;
use tenon_sdk::{Error, Identity, Result, config};
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

/// What stands in the issuer where the tenant is that of who logs in.
const TENANT: &str = "{tenantid}";
/// Not one tenant, but any.
const MANY: [&str; 3] = ["common", "organizations", "consumers"];

/// Visitors of one tenant, or of any.
#[derive(Debug)]
pub struct Entra;

/// What the operator says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    client_id: String,
    client_secret: String,
    tenant: String,
    scopes: String,
    url: String,
    graph_url: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            client_secret: String::new(),
            tenant: String::new(),
            scopes: "openid profile email User.Read".to_owned(),
            url: "https://login.microsoftonline.com".to_owned(),
            graph_url: "https://graph.microsoft.com".to_owned(),
        }
    }
}

impl Identity for Entra {
    fn authorize(authorize: Authorize) -> Result<Redirect> {
        let config = Config::read()?;
        Ok(config.provider()?.redirect(&config.client(), &config.scopes, &authorize))
    }

    fn exchange(exchange: Exchange) -> Result<Claims> {
        let config = Config::read()?;
        let provider = config.provider()?;
        let issuer = provider.issuer.clone();
        let person = provider
            .exchange(&config.client(), &exchange, |claims| config.issuer(&issuer, claims))?;
        config.claims(&person)
    }
}

impl Config {
    fn read() -> Result<Self> {
        let config: Self = config()?;
        if config.client_id.is_empty() || config.tenant.is_empty() {
            return Err(Error::invalid("the app registration needs a `clientId` and a `tenant`"));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if !config.tenant.chars().all(is_plain) {
            return Err(Error::invalid("the `tenant` is neither an id nor a domain"));
        }
        Ok(config)
    }

    fn client(&self) -> Client {
        Client { id: self.client_id.clone(), secret: self.client_secret.clone() }
    }

    fn is_many(&self) -> bool {
        MANY.contains(&self.tenant.as_str())
    }

    fn provider(&self) -> Result<Provider> {
        let url = self.url.trim_end_matches('/');
        let tenant = self.tenant.to_ascii_lowercase();
        let is_id = tenant.len() == 36 && tenant.matches('-').count() == 4;
        Provider::discover(&format!("{url}/{tenant}/v2.0"), |issuer| {
            let path = issuer.strip_prefix(url).and_then(|rest| rest.strip_prefix('/'));
            let found = path.and_then(|path| path.strip_suffix("/v2.0"));
            found.is_some_and(|found| match (self.is_many(), is_id) {
                // For personal accounts it is the tenant of all of them.
                (true, _) => found == TENANT || tenant == "consumers",
                (false, true) => found == tenant,
                // The id of a domain is said here.
                (false, false) => !found.is_empty() && !found.contains(['/', '{']),
            })
        })
    }

    /// Returns which issuer a token must be from.
    fn issuer(&self, issuer: &str, claims: &Value) -> Option<String> {
        let tenant = claims["tid"].as_str().filter(|tenant| !tenant.is_empty())?;
        let is_plain = tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let expected = issuer.replace(TENANT, tenant);
        // The tenant that the token names is that of its issuer, which is checked next.
        let is_its_own = expected.contains(&format!("/{tenant}/"));
        (is_plain && is_its_own).then_some(expected)
    }

    fn claims(&self, person: &Person) -> Result<Claims> {
        let tenant = person.text("tid");
        let object = Some(person.text("oid")).filter(|object| !object.is_empty());
        let object = object.unwrap_or_else(|| person.text("sub"));
        let mut groups = match is_over(person) {
            true => self.graph_groups(person)?,
            false => texts(person.claim("groups")),
        };
        groups.extend(texts(person.claim("roles")));
        // Whoever administers another tenant can give people there any address.
        let is_verified = !self.is_many() || person.claim("xms_edov") == &json!(true);
        Ok(Claims {
            provider: "microsoft".to_owned(),
            subject: format!("{tenant}.{object}"),
            name: person.text("preferred_username"),
            display_name: person.text("name"),
            email: if is_verified { person.text("email") } else { String::new() },
            groups,
            organizations: vec![tenant],
            avatar_url: String::new(),
            extra: person.extra(),
        })
    }

    /// Asks for the groups that do not fit into a token.
    fn graph_groups(&self, person: &Person) -> Result<Vec<String>> {
        let url = format!("{}/v1.0/me/getMemberObjects", self.graph_url.trim_end_matches('/'));
        let response = Request::post(&url)
            .header("authorization", &format!("Bearer {}", person.token.access_token))
            .json(&json!({ "securityEnabledOnly": false }))?
            .send()?;
        match response.status() {
            200 => Ok(texts(&response.json::<Value>()?["value"])),
            401 | 403 => Err(Error::unavailable(
                "it does not show the groups of somebody who is in many; the app registration needs \
                 the delegated permission User.Read of Microsoft Graph",
            )),
            status => Err(Error::unavailable(format!("Microsoft Graph answers {status}"))),
        }
    }
}

/// Returns whether somebody is in more groups than a token holds.
fn is_over(person: &Person) -> bool {
    !person.claim("_claim_names")["groups"].is_null() || person.claim("hasgroups") == &json!(true)
}

tenon_sdk::export_identity!(Entra);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests;
