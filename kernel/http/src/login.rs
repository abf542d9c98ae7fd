//! The pages by which a browser logs in and out.
//!
//! They work without a script. What changes something is a form, which carries the code of the
//! session that no other site knows; logging in has no session yet, and is refused by its `Origin`
//! when another site's page does it.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use kernel_auth::{Access, Caller, Via};
use kernel_model::access::Scope;
use kernel_model::time::Time;
use kernel_ports::access::Holder;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{Params, Site, Submitted, Told, Who};
use crate::html::{Page, STYLE, Text, encoded, local_path, redirect};
use crate::{app, identity, to_wire};

/// Where a login ends that was not on the way to anything.
pub(crate) const HOME: &str = "/auth/account";

/// Show the page by which a browser logs in
#[utoipa::path(
    get, path = "/auth/login", tag = "login", operation_id = "loginPage",
    params(("next" = Option<String>, Query, description = "The page to go on to")),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub(crate) async fn page(
    State(app): State<App>,
    Who(caller): Who,
    mut params: Params,
) -> Result<Response, ApiError> {
    let next = params.one("next")?;
    let next = next.as_deref().and_then(local_path).unwrap_or(HOME);
    if matches!(caller.via, Via::Session(_)) {
        return Ok(redirect(next, vec![]));
    }
    Ok(form(&app, next, None).into_response())
}

/// Log in a browser by the form of the page
#[utoipa::path(
    post, path = "/auth/login", tag = "login", operation_id = "loginForm",
    responses(
        (status = 303, description = "The session has begun; the cookie is set"),
        (status = 401, description = "The page again", body = String, content_type = "text/html"),
    ),
)]
pub(crate) async fn submit(
    State(app): State<App>,
    told: Told,
    site: Site,
    form: Submitted,
) -> Result<Response, ApiError> {
    let name = form.get("name");
    let next = local_path(form.get("next")).unwrap_or(HOME);
    let who: String = name.chars().take(100).filter(|c| !c.is_control()).collect();
    told.note.target(&format!("user/{who}"));
    match app.access.login(name, form.get("password"), &told.address).await {
        Ok(holder) => {
            told.note.actor(&format!("user/{who}"));
            session(&app.access, &site, holder, &told.address, next).await
        }
        Err(err) => {
            let err = ApiError::from(err);
            let retry_after = err.retry_after_ms();
            let page = self::form(&app, next, Some(&refusal(&err)));
            Ok(page.status(err.code.status()).retry_after(retry_after).into_response())
        }
    }
}

/// Show who is logged in
#[utoipa::path(
    get, path = "/auth/account", tag = "login", operation_id = "accountPage",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "Nobody is logged in: to the login"),
    ),
)]
pub(crate) async fn account(State(app): State<App>, Who(caller): Who) -> Response {
    let Some(csrf) = app.access.csrf(&caller) else { return to_login(HOME) };
    let verbs = caller.verbs(&Scope::Server).to_string();
    let verbs = if verbs.is_empty() { "what rules of pipelines say".to_owned() } else { verbs };
    let mut body = format!(
        "<dl>\n<dt>You are</dt><dd>{}</dd>\n<dt>On the server</dt><dd>{}</dd>\n",
        Text(&caller.actor),
        Text(&verbs)
    );
    let identity = caller.identity.as_deref().cloned().unwrap_or_default();
    for (what, found) in [("Organizations", &identity.organizations), ("Groups", &identity.groups)]
    {
        if !found.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(body, "<dt>{what}</dt><dd>{}</dd>", Text(&found.join(", ")));
        }
    }
    body.push_str("</dl>\n");
    apps(&app.access, &caller, &csrf, &mut body);
    let csrf = Text(&csrf);
    if matches!(caller.holder, Holder::User(_)) {
        body.push_str(
            "<p><a class=\"button\" href=\"/auth/password\">Change your password</a></p>\n",
        );
    }
    let _ = write!(
        body,
        "<p><a class=\"button\" href=\"/auth/device\">Log in a program</a></p>\n\
         <form method=\"post\" action=\"/auth/logout\">\n\
         <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
         <button class=\"main\">Log out</button>\n\
         <button name=\"everywhere\" value=\"true\">Log out everywhere</button>\n</form>\n\
         <p class=\"soft\">Everywhere: all browsers, connected apps, and tokens that act for you.</p>"
    );
    Page::new("Your account", body).into_response()
}

/// Lists what the caller has let in, each with a form that ends it.
fn apps(access: &Access, caller: &Caller, csrf: &str, body: &mut String) {
    let found = app::own(access, caller);
    if found.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    body.push_str("<h2>Connected apps</h2>\n<ul class=\"apps\">\n");
    for app in found {
        let _ = writeln!(
            body,
            "<li><p>{}<br><span class=\"soft\">{} on {}, since {}</span></p>\n\
             <form method=\"post\" action=\"/auth/apps\">\
             <input type=\"hidden\" name=\"csrf\" value=\"{}\">\
             <input type=\"hidden\" name=\"app\" value=\"{}\">\
             <button>Revoke</button></form></li>",
            Text(&app.name),
            Text(&app.verbs.to_string()),
            app.audience.path(),
            day(app.created_at),
            Text(csrf),
            app.id,
        );
    }
    body.push_str("</ul>\n");
}

/// Returns the date of a time.
fn day(at: Time) -> String {
    let text = to_wire::time(at).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Log out a browser by the form of the page
#[utoipa::path(
    post, path = "/auth/logout", tag = "login", operation_id = "logoutForm",
    responses((status = 303, description = "The session is over; the cookie is taken away")),
)]
pub(crate) async fn logout(
    State(app): State<App>,
    Who(caller): Who,
    site: Site,
    form: Submitted,
) -> Result<Response, ApiError> {
    if !caller.is_known() {
        return Ok(redirect("/auth/login", vec![site.session_cookie("", 0)]));
    }
    if !app.access.csrf_is_right(&caller, form.get("csrf")) {
        return Ok(foreign_form().into_response());
    }
    app.access.logout(&caller, form.get("everywhere") == "true").await?;
    Ok(redirect("/auth/login", vec![site.session_cookie("", 0)]))
}

/// How the pages look
#[utoipa::path(
    get, path = "/auth/style.css", tag = "login", operation_id = "loginStyle",
    responses((status = 200, description = "CSS", body = String, content_type = "text/css")),
)]
pub(crate) async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    (headers, STYLE).into_response()
}

/// Begins a session, and goes on.
pub(crate) async fn session(
    access: &Access,
    site: &Site,
    holder: Holder,
    address: &str,
    next: &str,
) -> Result<Response, ApiError> {
    let started = access.session_start(holder, address).await?;
    let cookies = vec![
        site.session_cookie(&started.secret, started.age_ms / 1_000),
        site.journey_cookie("", 0),
    ];
    if !site.is_strict {
        return Ok(redirect(next, cookies));
    }
    // A strict cookie is left at home while another site's redirect is followed: our own page
    // ends that.
    let page = Page::notice("You are logged in", "One moment.", (next, "Go on")).next(next);
    Ok(cookies.into_iter().fold(page, Page::cookie).into_response())
}

/// Sends whoever is not logged in to the login, and back then.
pub(crate) fn to_login(next: &str) -> Response {
    redirect(&format!("/auth/login?next={}", encoded(next)), vec![])
}

/// What a form is told that no page of this session has made.
pub(crate) fn foreign_form() -> Page {
    let says = "This form was not made for your session; it may be an old one. Nothing was done.";
    Page::notice("Not from here", says, (HOME, "To your account")).status(StatusCode::FORBIDDEN)
}

/// Returns whether the caller is a browser that is logged in.
pub(crate) fn is_browser(caller: &Caller) -> bool {
    matches!(caller.via, Via::Session(_))
}

/// Says a refusal in one sentence, as pages do.
pub(crate) fn refusal(err: &ApiError) -> String {
    let mut text = err.detail.clone();
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    let wait = err.retry_after_ms().map(|ms| format!(" Try again in {} s.", ms.div_ceil(1_000)));
    match (wait, &err.hint) {
        (Some(wait), _) => format!("{text}.{wait}"),
        (None, Some(hint)) if err.code != Code::LoginRefused => format!("{text}: {hint}."),
        (None, _) => format!("{text}."),
    }
}

fn form(app: &App, next: &str, bad: Option<&str>) -> Page {
    let mut body = String::new();
    if let Some(bad) = bad {
        let _ = writeln!(body, "<p class=\"bad\" role=\"alert\">{}</p>", Text(bad));
    }
    let query = if next == HOME { String::new() } else { format!("?next={}", encoded(next)) };
    let ways = identity::ways(app);
    for way in &ways {
        let _ = writeln!(
            body,
            "<a class=\"button\" href=\"/auth/{}{query}\">Log in with {}</a>",
            Text(&encoded(&way.name)),
            Text(&way.title)
        );
    }
    if !ways.is_empty() {
        body.push_str("<p class=\"or\">or by password</p>\n");
    }
    let focus = if ways.is_empty() { " autofocus" } else { "" };
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/auth/login\">\n\
         <input type=\"hidden\" name=\"next\" value=\"{}\">\n\
         <label>Name <input name=\"name\" autocomplete=\"username\" required{focus}></label>\n\
         <label>Password <input name=\"password\" type=\"password\" \
         autocomplete=\"current-password\" required></label>\n\
         <button class=\"main\">Log in</button>\n</form>",
        Text(next)
    );
    Page::new("Log in", body)
}
