//! What GitHub says of somebody who has logged in.

use identity_oauth::Token;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenon_sdk::{Error, Result, warn};
use wit_envelope::identity::Claims;

use crate::WHO;

/// A call may send 8 requests; three are needed before.
const ORGANIZATION_PAGES: usize = 2;
const TEAM_PAGES: usize = 3;

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    avatar_url: String,
    #[serde(default)]
    company: Option<String>,
    #[serde(default)]
    site_admin: bool,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    primary: bool,
    verified: bool,
}

#[derive(Deserialize)]
struct Organization {
    login: String,
}

#[derive(Deserialize)]
struct Team {
    slug: String,
    organization: Organization,
}

/// Returns who the token is of.
pub(crate) fn claims(api: &str, token: &Token) -> Result<Claims> {
    let user: User = token.get(WHO, &format!("{api}/user"))?;
    if user.id == 0 || user.login.is_empty() {
        return Err(Error::unavailable("GitHub does not say who it is"));
    }
    let scopes = token.scopes();
    let may = |wanted: &[&str]| scopes.iter().any(|scope| wanted.contains(&scope.as_str()));
    let email = match may(&["user:email", "user"]) {
        true => {
            let emails: Vec<Email> = token.get(WHO, &format!("{api}/user/emails"))?;
            let mut verified = emails.into_iter().filter(|email| email.verified);
            verified.find(|email| email.primary).map(|email| email.email)
        }
        false => None,
    };
    let (mut organizations, mut groups) = (vec![], vec![]);
    if may(&["read:org", "write:org", "admin:org"]) {
        let url = format!("{api}/user/orgs?per_page=100");
        let found = pages::<Organization>(token, url, ORGANIZATION_PAGES)?;
        organizations.extend(found.into_iter().map(|organization| organization.login));
        let found = pages::<Team>(token, format!("{api}/user/teams?per_page=100"), TEAM_PAGES)?;
        groups.extend(found.into_iter().map(|t| format!("{}/{}", t.organization.login, t.slug)));
    }
    Ok(Claims {
        provider: "github".to_owned(),
        subject: user.id.to_string(),
        name: user.login.clone(),
        display_name: user.name.clone().unwrap_or_default(),
        email: email.unwrap_or_default(),
        groups,
        organizations,
        avatar_url: user.avatar_url,
        extra: json!({
            "login": user.login,
            "name": user.name,
            "company": user.company,
            "site_admin": user.site_admin,
            "scopes": scopes,
        }),
    })
}

/// Reads a list page by page. Whoever is in more than fits is in fewer here, never in others.
fn pages<T: DeserializeOwned>(token: &Token, url: String, pages_max: usize) -> Result<Vec<T>> {
    let (mut items, mut next) = (Vec::new(), Some(url));
    for _ in 0..pages_max {
        let Some(url) = next.take() else { break };
        let response = token.answer(WHO, &url)?;
        // Only to where the list is: the token goes along.
        let place = url.split('?').next().unwrap_or_default();
        next = response
            .header("link")
            .and_then(|link| next_of(&link))
            .filter(|next| next.strip_prefix(place).is_some_and(|rest| rest.starts_with('?')));
        items.append(&mut response.json::<Vec<T>>()?);
    }
    if let Some(url) = next {
        warn!("{WHO} has more than {} at {url}; the rest is left out", items.len());
    }
    Ok(items)
}

/// Returns the address of the next page (RFC 8288).
fn next_of(link: &str) -> Option<String> {
    link.split(',').find_map(|part| {
        let (url, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        rest.contains("rel=\"next\"").then(|| url.to_owned())
    })
}
