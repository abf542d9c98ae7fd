//! Logging in and out, and who is logged in.

use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::SET_COOKIE;
use kernel_auth::{Access, Caller, Via};
use kernel_model::access::Scope;
use kernel_ports::access::Holder;
use kernel_wire::access as wire;

use crate::api::App;
use crate::error::ApiError;
use crate::extract::{Json, OptionalJson, Site, Told, Who};
use crate::to_wire::access as to_wire;

pub(crate) mod role;
pub(crate) mod rule;
pub(crate) mod token;
pub(crate) mod user;

/// An answer that sets the cookie of a session, or takes it away.
type WithCookie<T> = ([(HeaderName, String); 1], Json<T>);

/// Log in a program
///
/// Returns a token that acts for the user, and works for 30 days.
#[utoipa::path(
    post, path = "/api/v1/login", tag = "access", operation_id = "login",
    request_body = wire::Login,
    responses((status = 200, description = "The token", body = wire::TokenMade)),
)]
pub(crate) async fn login(
    State(access): State<Access>,
    told: Told,
    Json(login): Json<wire::Login>,
) -> Result<Json<wire::TokenMade>, ApiError> {
    let holder = known(&access, &told, &login).await?;
    let label = login.label.filter(|label| !label.is_empty());
    let label = label.unwrap_or_else(|| "login".to_owned());
    let (token, text) = access.login_token(holder, &label).await?;
    Ok(Json(wire::TokenMade { text, token: to_wire::token(&access, &token) }))
}

/// Log in a browser
///
/// Sets the cookie of a session. Changes must repeat `csrf` in the header `X-Tenon-Csrf`.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "access", operation_id = "sessionStart",
    request_body = wire::Login,
    responses((status = 200, description = "Who is logged in", body = wire::Whoami,
        headers(("set-cookie" = String)))),
)]
pub(crate) async fn session(
    State(app): State<App>,
    told: Told,
    site: Site,
    Json(login): Json<wire::Login>,
) -> Result<WithCookie<wire::Whoami>, ApiError> {
    let holder = known(&app.access, &told, &login).await?;
    let started = app.access.session_start(holder, &told.address).await?;
    let cookie = site.session_cookie(&started.secret, started.age_ms / 1_000);
    Ok(([(SET_COOKIE, cookie)], Json(who(&app.access, &started.caller))))
}

/// Log out
#[utoipa::path(
    post, path = "/api/v1/logout", tag = "access", operation_id = "logout",
    request_body = Option<wire::Logout>,
    responses((status = 200, description = "What ended", body = wire::LoggedOut)),
)]
pub(crate) async fn logout(
    State(app): State<App>,
    Who(caller): Who,
    site: Site,
    OptionalJson(logout): OptionalJson<wire::Logout>,
) -> Result<WithCookie<wire::LoggedOut>, ApiError> {
    let ended = app.access.logout(&caller, logout.everywhere).await?;
    let ended = u64::try_from(ended).unwrap_or(u64::MAX);
    Ok(([(SET_COOKIE, site.session_cookie("", 0))], Json(wire::LoggedOut { ended })))
}

/// Show who is logged in
#[utoipa::path(
    get, path = "/api/v1/whoami", tag = "access", operation_id = "whoami",
    responses((status = 200, description = "Who asks", body = wire::Whoami)),
)]
pub(crate) async fn whoami(State(access): State<Access>, Who(caller): Who) -> Json<wire::Whoami> {
    Json(who(&access, &caller))
}

/// Returns whom name and password belong to; what is written down says who tried.
async fn known(access: &Access, told: &Told, login: &wire::Login) -> Result<Holder, ApiError> {
    let who: String = login.name.chars().take(100).filter(|c| !c.is_control()).collect();
    told.note.target(&format!("user/{who}"));
    let holder = access.login(&login.name, &login.password, &told.address).await?;
    told.note.actor(&format!("user/{who}"));
    Ok(holder)
}

fn who(access: &Access, caller: &Caller) -> wire::Whoami {
    let via = match caller.via {
        Via::Nothing => "nothing",
        Via::Open => "open",
        Via::Super => "super",
        Via::Basic => "basic",
        Via::Token(_) => "token",
        Via::Session(_) => "session",
        Via::App(_) => "app",
        Via::Plugin => "plugin",
    };
    wire::Whoami {
        actor: caller.actor.clone(),
        via: via.to_owned(),
        verbs: to_wire::verbs(caller.verbs(&Scope::Server)),
        csrf: access.csrf(caller),
    }
}
