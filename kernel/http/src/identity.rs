//! Logging in by another system: to an identity plugin's provider, and back.
//!
//! Invariants:
//! - Fails closed: whatever goes wrong on the way, nobody is let in.
//! - Who vouches is said by the binding that was asked, never by the plugin's answer.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel_auth::{JourneyError, JourneyPlan, LoginError};
use kernel_ports::access::Identity;
use kernel_ports::plugin::{IdentityWay, PluginCall, PluginError, PluginKind};
use kernel_wire::access as wire;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wit_envelope::identity::{Authorize, Claims, Exchange, Redirect};

use crate::api::App;
use crate::error::ApiError;
use crate::extract::{At, Json, Named, Params, Site, Told};
use crate::html::{Page, encoded, local_path, redirect};
use crate::login::{self, HOME};

/// Pages of ours that have the names of providers.
const OURS: [&str; 8] =
    ["login", "logout", "account", "apps", "password", "device", "callback", "style.css"];
/// Whom no other system may vouch for.
const LOCAL: &str = "local";
/// A provider that takes longer keeps nobody waiting.
const PATIENCE: Duration = Duration::from_secs(20);
/// Further facts, as the contract says.
const EXTRA_BYTES_MAX: usize = 64 * 1024;
const TEXT_CHARS_MAX: usize = 200;
const GROUPS_MAX: usize = 1_000;

/// Why nobody is logged in.
struct Refusal {
    status: StatusCode,
    title: &'static str,
    /// For the visitor.
    says: String,
    /// For the audit.
    why: String,
}

/// List the ways to log in by another system
#[utoipa::path(
    get, path = "/api/v1/identities", tag = "login", operation_id = "identityList",
    responses((status = 200, description = "Those that are configured, by name",
        body = Vec<wire::IdentityWay>)),
)]
pub(crate) async fn list(State(app): State<App>) -> Json<Vec<wire::IdentityWay>> {
    let wire = |way: IdentityWay| wire::IdentityWay {
        url: format!("/auth/{}", encoded(&way.name)),
        name: way.name,
        title: way.title,
    };
    Json(ways(&app).into_iter().map(wire).collect())
}

/// Send a browser to an identity provider
#[utoipa::path(
    get, path = "/auth/{identity}", tag = "login", operation_id = "identityStart",
    params(
        ("identity" = String, Path, description = "Its name, as GET /api/v1/identities lists it"),
        ("next" = Option<String>, Query, description = "The page to go on to in the end"),
    ),
    responses((status = 303, description = "To the provider; a cookie remembers it for 10 minutes")),
)]
pub(crate) async fn start(
    State(app): State<App>,
    At(Named(name)): At<Named>,
    told: Told,
    site: Site,
    mut params: Params,
) -> Response {
    let next = params.one("next").ok().flatten();
    let next = next.as_deref().and_then(local_path).unwrap_or(HOME);
    answered(&told, &site, send(&app, &site, &name, next).await)
}

/// Log in a browser that comes back from an identity provider
#[utoipa::path(
    get, path = "/auth/{identity}/callback", tag = "login", operation_id = "identityLogin",
    params(
        ("identity" = String, Path, description = "Its name"),
        ("code" = Option<String>, Query, description = "What the provider gives"),
        ("state" = Option<String>, Query, description = "What it was given"),
        ("error" = Option<String>, Query, description = "Why it gives nothing"),
    ),
    responses((status = 303, description = "The session has begun; the cookie is set")),
)]
pub(crate) async fn login(
    State(app): State<App>,
    At(Named(name)): At<Named>,
    told: Told,
    site: Site,
    params: Params,
) -> Response {
    answered(&told, &site, arrive(&app, &told, &site, Some(&name), params).await)
}

/// Log in a browser, whichever identity provider it comes from
#[utoipa::path(
    get, path = "/auth/callback", tag = "login", operation_id = "identityLoginAny",
    params(
        ("code" = Option<String>, Query, description = "What the provider gives"),
        ("state" = Option<String>, Query, description = "What it was given"),
        ("error" = Option<String>, Query, description = "Why it gives nothing"),
    ),
    responses((status = 303, description = "The session has begun; the cookie is set")),
)]
pub(crate) async fn login_any(
    State(app): State<App>,
    told: Told,
    site: Site,
    params: Params,
) -> Response {
    answered(&told, &site, arrive(&app, &told, &site, None, params).await)
}

/// Returns the ways in, by name.
pub(crate) fn ways(app: &App) -> Vec<IdentityWay> {
    let mut ways = app.calls.identity_list();
    ways.retain(|way| way.name != LOCAL && !OURS.contains(&way.name.as_str()));
    ways
}

async fn send(app: &App, site: &Site, name: &str, next: &str) -> Result<Response, Refusal> {
    let way = find(app, name)?;
    let redirect_uri = redirect_uri(app, site, &way.name);
    let plan = JourneyPlan {
        binding: way.binding.clone(),
        redirect_uri: redirect_uri.clone(),
        next: next.to_owned(),
    };
    let started = app.access.journey_start(plan)?;
    let request = Authorize {
        redirect_uri,
        state: started.state,
        code_challenge: started.challenge,
        nonce: started.nonce,
        login_hint: None,
    };
    let Redirect { url } = ask(app, &way, "authorize", &request).await?;
    if !is_provider(&url) {
        let why = format!("{} leads to an address that is neither https nor here", way.binding);
        tracing::error!("{why}");
        return Err(Refusal::broken(&way, why));
    }
    Ok(redirect(&url, vec![site.journey_cookie(&started.cookie, started.age_ms / 1_000)]))
}

async fn arrive(
    app: &App,
    told: &Told,
    site: &Site,
    name: Option<&str>,
    mut params: Params,
) -> Result<Response, Refusal> {
    let mut param = |name| params.one(name).ok().flatten().unwrap_or_default();
    let (code, state, error) = (param("code"), param("state"), param("error"));
    let said = param("error_description");
    // Nothing that stands in the address counts before it is known that this browser was sent.
    let journey = app.access.journey_end(&site.journey, &state).await?;
    let ways = ways(app);
    let way = ways.into_iter().find(|way| way.binding == journey.plan.binding);
    let way = way.filter(|way| name.is_none_or(|name| name == way.name));
    let way = way.ok_or(JourneyError::State)?;
    told.note.target(&format!("identity/{}", way.name));
    if !error.is_empty() || code.is_empty() {
        return Err(Refusal::provider(&way, &error, &said));
    }
    let exchange = Exchange {
        code,
        code_verifier: journey.verifier,
        nonce: journey.nonce,
        redirect_uri: journey.plan.redirect_uri,
        now_ms: app.clock.now().0,
    };
    let claims: Claims = ask(app, &way, "exchange", &exchange).await?;
    let identity = identity(&way, claims)?;
    let holder = app.access.visitor_login(identity).await?;
    if let Some(actor) = app.access.actor_of(&holder) {
        told.note.actor(&actor);
    }
    let next = &journey.plan.next;
    let begun = login::session(&app.access, site, holder, &told.address, next).await;
    begun.map_err(|err| Refusal::of(&err))
}

/// Returns the page of a refusal, with what is written down of it.
fn answered(told: &Told, site: &Site, done: Result<Response, Refusal>) -> Response {
    let refusal = match done {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    told.note.after(&json!({ "why": refusal.why }));
    let page = Page::notice(refusal.title, &refusal.says, ("/auth/login", "Try again"));
    page.status(refusal.status).cookie(site.journey_cookie("", 0)).into_response()
}

fn find(app: &App, name: &str) -> Result<IdentityWay, Refusal> {
    let ways = ways(app);
    let known: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    ways.into_iter().find(|way| way.name == name).ok_or_else(|| {
        let says = format!("Nobody can log in here by {name:?}; configured are: {known}.");
        let why = format!("there is no identity provider {name:?}");
        Refusal { status: StatusCode::NOT_FOUND, title: "No such provider", says, why }
    })
}

/// Returns where the provider sends browsers back to, as it was registered there.
fn redirect_uri(app: &App, site: &Site, name: &str) -> String {
    match app.callback_url.as_deref() {
        // A whole address of one provider.
        Some(url) if url.len() > site.origin.len() + 1 => url.to_owned(),
        _ => format!("{}/auth/{}/callback", site.origin, encoded(name)),
    }
}

async fn ask<T: DeserializeOwned>(
    app: &App,
    way: &IdentityWay,
    function: &'static str,
    request: &impl Serialize,
) -> Result<T, Refusal> {
    let call = PluginCall {
        kind: PluginKind::Identity,
        binding: way.binding.clone(),
        function,
        request: serde_json::to_string(request).unwrap_or_default(),
        run: None,
        at: app.clock.now(),
    };
    let Ok(answer) = tokio::time::timeout(PATIENCE, app.calls.plugin_call(call)).await else {
        return Err(Refusal::broken(way, format!("{} took too long", way.binding)));
    };
    let answer = answer.map_err(|err| Refusal::plugin(way, &err))?;
    serde_json::from_str(&answer).map_err(|_| {
        Refusal::broken(way, format!("{} gave an answer that cannot be read", way.binding))
    })
}

/// Returns what rules see of the claims.
fn identity(way: &IdentityWay, claims: Claims) -> Result<Identity, Refusal> {
    let is_good =
        |text: &str| text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control);
    if claims.subject.is_empty() || !is_good(&claims.subject) {
        return Err(Refusal::broken(way, format!("{} does not say who it is", way.binding)));
    }
    let text = |text: String| if is_good(&text) { text } else { String::new() };
    let texts = |texts: Vec<String>| {
        let good = texts.into_iter().filter(|text| !text.is_empty() && is_good(text));
        good.take(GROUPS_MAX).collect::<Vec<_>>()
    };
    let scopes = match &claims.extra["scopes"] {
        Value::Array(found) => found.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    };
    let raw_json = claims.extra.to_string();
    let is_raw = claims.extra.is_object() && raw_json.len() <= EXTRA_BYTES_MAX;
    let nick_name = text(claims.name);
    let display_name = text(claims.display_name);
    Ok(Identity {
        provider: way.name.clone(),
        user_id: claims.subject,
        name: if display_name.is_empty() { nick_name.clone() } else { display_name },
        nick_name,
        email: text(claims.email),
        avatar_url: Some(text(claims.avatar_url))
            .filter(|url| url.starts_with("https://"))
            .unwrap_or_default(),
        organizations: texts(claims.organizations),
        groups: texts(claims.groups),
        scopes: texts(scopes),
        raw_json: if is_raw { raw_json } else { String::new() },
    })
}

/// Returns whether a browser may be sent there: by HTTPS, or on this machine.
fn is_provider(url: &str) -> bool {
    let host = url.strip_prefix("http://").map(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(h, _)| h)
    });
    let is_here = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    (url.starts_with("https://") || host.is_some_and(is_here))
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Refusal {
    /// The provider, or its plugin, is not as it should be.
    fn broken(way: &IdentityWay, why: String) -> Self {
        let says = format!(
            "{} cannot say who you are at this moment. Try again, or ask the operator of this \
             server, whose log says why.",
            way.title
        );
        Self { status: StatusCode::BAD_GATEWAY, title: "It did not work", says, why }
    }

    fn plugin(way: &IdentityWay, err: &PluginError) -> Self {
        match err {
            PluginError::Said { code, message, .. } if code == "denied" => Self {
                status: StatusCode::FORBIDDEN,
                title: "You were not let in",
                says: format!("{} did not confirm who you are: {message}.", way.title),
                why: err.to_string(),
            },
            err => {
                tracing::warn!(%err, "an identity provider did not answer as it should");
                Self::broken(way, err.to_string())
            }
        }
    }

    /// The provider sent the browser back with nothing.
    fn provider(way: &IdentityWay, error: &str, said: &str) -> Self {
        let clip = |text: &str| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
        let error = if error.is_empty() { "no code".to_owned() } else { clip(error) };
        let said = if said.is_empty() { error.clone() } else { clip(said) };
        Self {
            status: StatusCode::FORBIDDEN,
            title: "You were not let in",
            says: format!("{} says: {said}", way.title),
            why: format!("the provider answered {error:?}"),
        }
    }

    fn of(err: &ApiError) -> Self {
        let (status, says) = (err.code.status(), login::refusal(err));
        Self { status, title: "It did not work", says, why: err.detail.clone() }
    }
}

impl From<JourneyError> for Refusal {
    fn from(err: JourneyError) -> Self {
        let status = match err {
            JourneyError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            JourneyError::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            JourneyError::Unknown
            | JourneyError::Tampered
            | JourneyError::Expired
            | JourneyError::State
            | JourneyError::Replayed => StatusCode::BAD_REQUEST,
        };
        let says = format!("You are not logged in: {err}. Begin again.");
        Self { status, title: "Begin again", says, why: err.to_string() }
    }
}

impl From<LoginError> for Refusal {
    fn from(err: LoginError) -> Self {
        let says = match &err {
            LoginError::NotAdmitted { who } => format!(
                "You are {who}, but no rule of this server says what you may do here. Ask an \
                 administrator for a role."
            ),
            LoginError::Disabled { who } => {
                format!("{who} is disabled on this server. Ask an administrator to enable it.")
            }
            LoginError::Wrong
            | LoginError::WrongOld
            | LoginError::NoPassword { .. }
            | LoginError::Throttled { .. }
            | LoginError::Busy => err.to_string(),
            LoginError::Access(_) => return Self::of(&err.into()),
        };
        let why = err.to_string();
        Self { status: StatusCode::FORBIDDEN, title: "You were not let in", says, why }
    }
}

#[cfg(test)]
mod tests {
    use kernel_ports::plugin::IdentityWay;
    use serde_json::json;
    use wit_envelope::identity::Claims;

    use super::{identity, is_provider};

    #[test]
    fn browsers_are_sent_by_https_or_within_this_machine() {
        for url in ["https://id.example.org/a?b", "http://localhost:8080/", "http://[::1]:1/x"] {
            assert!(is_provider(url), "{url}");
        }
        for url in [
            "http://id.example.org",
            "http://localhost.evil.example/",
            "http://127.0.0.1@evil.example/",
            "javascript:alert(1)",
            "https://id.example.org/\r\nset-cookie: x",
            "",
        ] {
            assert!(!is_provider(url), "{url}");
        }
    }

    #[test]
    fn the_binding_says_who_vouches_and_texts_are_checked() {
        let way = || IdentityWay {
            name: "example".to_owned(),
            binding: "identity-example".to_owned(),
            title: "Example".to_owned(),
        };
        let claims = Claims {
            provider: "local".to_owned(),
            subject: "7".to_owned(),
            name: "ada".to_owned(),
            email: "a\nb".to_owned(),
            avatar_url: "javascript:x".to_owned(),
            groups: vec![String::new(), "platform".to_owned(), "x".repeat(201)],
            extra: json!({ "scopes": ["read"] }),
            ..Claims::default()
        };
        let found = identity(&way(), claims).ok().unwrap();
        assert_eq!((found.provider.as_str(), found.name.as_str()), ("example", "ada"));
        assert_eq!((found.email.as_str(), found.avatar_url.as_str()), ("", ""));
        assert_eq!((found.groups, found.scopes), (vec!["platform".into()], vec!["read".into()]));
        assert!(identity(&way(), Claims::default()).is_err());
    }
}
