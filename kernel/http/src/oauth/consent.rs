//! The page where a person lets a program in, or not.
//!
//! What the program asks stands in the address and comes back with the form; it is judged again then,
//! so that nothing waits in between.
//!
//! Invariant: a browser is sent to a program only after it is known whose address that is. Before,
//! the person is told what is wrong.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kernel_auth::{AppChoice, AppClient, AppRequest, Asked, Caller, Level, OauthError};
use serde_json::json;

use crate::api::App;
use crate::error::ApiError;
use crate::extract::{Params, Site, Submitted, Told, Who};
use crate::html::{Page, encoded, local_path, redirect};
use crate::login::{self, HOME};
use crate::refused::Refused;

mod page;

use page::Consent;

/// What a program asks for, from whom.
struct Proven {
    issuer: String,
    client: std::sync::Arc<AppClient>,
    request: AppRequest,
    asked: Asked,
}

/// Ask a person whether a program may come in
///
/// As OAuth 2.1, with `code_challenge` (S256) and `resource`. Who is not logged in logs in first.
#[utoipa::path(
    get, path = "/oauth/authorize", tag = "oauth", operation_id = "oauthAuthorize",
    params(
        ("response_type" = String, Query, description = "`code`"),
        ("client_id" = String, Query, description = "The program: an id or an address"),
        ("redirect_uri" = String, Query, description = "Where it is answered"),
        ("code_challenge" = String, Query, description = "PKCE"),
        ("code_challenge_method" = String, Query, description = "`S256`"),
        ("resource" = String, Query, description = "The part of this server (RFC 8707)"),
        ("scope" = Option<String>, Query, description = "Verbs; the person decides"),
        ("state" = Option<String>, Query, description = "Comes back as it is"),
        ("response_mode" = Option<String>, Query, description = "`query`"),
    ),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "To the program with an `error`, or to the login"),
    ),
)]
pub(crate) async fn page(
    State(app): State<App>,
    Who(caller): Who,
    told: Told,
    site: Site,
    uri: Uri,
    mut params: Params,
) -> Response {
    let request = match read(&mut params) {
        Ok(request) => request,
        Err(err) => return refused(&told, err.into()),
    };
    let is_browser = login::is_browser(&caller);
    let here = uri.path_and_query().map_or("", |here| here.as_str());
    // Nobody makes this server fetch something who is not logged in.
    if !is_browser && AppClient::is_described(&request.client_id) {
        let asked = app.issuer(&site).map_err(Refused::from);
        let asked = asked.and_then(|issuer| Ok(request.read(issuer)?));
        return match asked {
            Ok(_) => to_login(&told, here),
            Err(err) => refused(&told, err),
        };
    }
    let proven = match prove(&app, &told, &site, request).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    if !is_browser {
        return to_login(&told, here);
    }
    told.note.target(&format!("clients/{}", proven.client.id));
    let choice = choice_of(&caller, &proven.asked);
    consent(&app, &caller, &proven, &choice, None).into_response()
}

/// Let a program in, or not, by the form of the page
#[utoipa::path(
    post, path = "/oauth/authorize", tag = "oauth", operation_id = "oauthConsent",
    responses((status = 303, description = "To the program, with `code`, `state` and `iss`")),
)]
pub(crate) async fn answer(
    State(app): State<App>,
    Who(caller): Who,
    told: Told,
    site: Site,
    form: Submitted,
) -> Response {
    let request = submitted(&form);
    if !login::is_browser(&caller) {
        return to_login(&told, &format!("/oauth/authorize?{}", page::query(&request)));
    }
    if !app.access.csrf_is_right(&caller, form.get("csrf")) {
        return login::foreign_form().into_response();
    }
    let proven = match prove(&app, &told, &site, request).await {
        Ok(proven) => proven,
        Err(response) => return response,
    };
    told.note.target(&format!("clients/{}", proven.client.id));
    if form.get("answer") != "allow" {
        told.note.after(&json!({ "answer": "denied", "name": proven.client.name }));
        return back(&proven.issuer, &proven.request, Err(OauthError::Denied.into()));
    }
    let choice = AppChoice {
        level: Level::ALL
            .into_iter()
            .find(|level| level.word() == form.get("level"))
            .unwrap_or(Level::Read),
        projects: patterns(form.get("projects")),
        workspaces: patterns(form.get("workspaces")),
    };
    let Proven { client, asked, request, issuer } = &proven;
    let allowed =
        app.access.app_allow(&caller, client, &request.redirect_uri, asked.clone(), choice.clone());
    match allowed.await {
        Ok((made, code)) => {
            told.note.target(&format!("apps/{}", made.id));
            told.note.after(&json!({
                "answer": "allowed", "client": made.client, "name": made.name,
                "audience": made.audience.path(), "level": choice.level.word(),
                "projects": made.projects, "workspaces": made.workspaces,
                "redirectUri": made.redirect_uri,
            }));
            back(issuer, request, Ok(&code))
        }
        // The person can choose again.
        Err(err) => {
            let err = ApiError::from(err);
            let page = consent(&app, &caller, &proven, &choice, Some(&login::refusal(&err)));
            page.status(err.code.status()).into_response()
        }
    }
}

/// Returns who asks for what, or what to answer if that makes no sense: to the program if it is known
/// where that is, else to the person.
async fn prove(
    app: &App,
    told: &Told,
    site: &Site,
    request: AppRequest,
) -> Result<Proven, Response> {
    let issuer = match app.issuer(site) {
        Ok(issuer) => issuer.to_owned(),
        Err(err) => return Err(refused(told, err.into())),
    };
    let fetch = &*app.fetch;
    let client = app.access.client(&request.client_id, fetch, &told.address).await;
    let client = client.and_then(|client| {
        client.check_redirect(&request.redirect_uri)?;
        Ok(client)
    });
    let client = client.map_err(|err| refused(told, err.into()))?;
    match request.read(&issuer) {
        Ok(asked) => Ok(Proven { issuer, client, request, asked }),
        Err(err) => Err(back(&issuer, &request, Err(err.into()))),
    }
}

fn read(params: &mut Params) -> Result<AppRequest, ApiError> {
    let mut text = |name| Ok::<_, ApiError>(params.one(name)?.unwrap_or_default());
    Ok(AppRequest {
        client_id: text("client_id")?,
        redirect_uri: text("redirect_uri")?,
        response_type: text("response_type")?,
        response_mode: text("response_mode")?,
        state: text("state")?,
        scope: text("scope")?,
        resource: text("resource")?,
        code_challenge: text("code_challenge")?,
        code_challenge_method: text("code_challenge_method")?,
    })
}

fn submitted(form: &Submitted) -> AppRequest {
    let text = |name| form.get(name).to_owned();
    AppRequest {
        client_id: text("client_id"),
        redirect_uri: text("redirect_uri"),
        response_type: text("response_type"),
        response_mode: text("response_mode"),
        state: text("state"),
        scope: text("scope"),
        resource: text("resource"),
        code_challenge: text("code_challenge"),
        code_challenge_method: text("code_challenge_method"),
    }
}

/// Returns what the page proposes: no more than is asked for, everywhere.
fn choice_of(caller: &Caller, asked: &Asked) -> AppChoice {
    let offered = Level::offered(caller.verbs_anywhere());
    let all = || vec!["*".to_owned()];
    AppChoice { level: Level::least(&offered, asked.verbs), projects: all(), workspaces: all() }
}

fn consent(
    app: &App,
    caller: &Caller,
    proven: &Proven,
    choice: &AppChoice,
    bad: Option<&str>,
) -> Page {
    let csrf = app.access.csrf(caller).unwrap_or_default();
    let Proven { client, request, asked, .. } = proven;
    Consent { caller, csrf: &csrf, client, request, asked, choice, bad }.page()
}

/// Reads patterns as people write them: with commas, spaces or line breaks in between.
fn patterns(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c == ',' || c.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Sends the browser back to the program, with a code or an error (RFC 9207: and with who says so).
fn back(issuer: &str, request: &AppRequest, found: Result<&str, Refused>) -> Response {
    let AppRequest { redirect_uri, state, .. } = request;
    let mut url = redirect_uri.clone();
    let mut add = |name: &str, value: &str| {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&format!("{name}={}", encoded(value)));
    };
    match &found {
        Ok(code) => add("code", code),
        Err(err) => {
            add("error", &err.word());
            add("error_description", &err.description());
        }
    }
    if !state.is_empty() {
        add("state", state);
    }
    add("iss", issuer);
    redirect(&url, vec![])
}

/// Tells the person why the program cannot come in.
fn refused(told: &Told, Refused(err): Refused) -> Response {
    told.note.after(&json!({ "why": err.detail }));
    let says = login::refusal(&err);
    let page = Page::notice("The app cannot be let in", &says, (HOME, "To your account"));
    page.status(err.code.status()).retry_after(err.retry_after_ms()).into_response()
}

fn to_login(told: &Told, here: &str) -> Response {
    match local_path(here) {
        Some(here) => login::to_login(here),
        None => {
            let says = "What the app asks is too long to come back to after a login. Log in first, \
                        and begin again in the app.";
            told.note.after(&json!({ "why": "the request is too long" }));
            let page = Page::notice("Log in first", says, ("/auth/login", "Log in"));
            page.status(StatusCode::URI_TOO_LONG).into_response()
        }
    }
}
