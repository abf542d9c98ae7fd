//! Logging in a program that has no browser (RFC 8628): its two requests, and the page where a
//! person lets it in.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel_auth::{Access, DeviceError};
use kernel_wire::device as wire;
use serde_json::json;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{Fields, Json, Params, Site, Submitted, Told, Who};
use crate::html::{Page, Text, encoded};
use crate::login::{self, HOME};
use crate::refused::Refused;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Begin to log in a program
///
/// As RFC 8628: show `user_code` and `verification_uri` to a person, and ask for the token.
#[utoipa::path(
    post, path = "/api/v1/device", tag = "login", operation_id = "deviceStart",
    request_body(content((wire::DeviceStart = "application/json"),
        (wire::DeviceStart = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "The codes", body = wire::DeviceStarted)),
)]
pub(crate) async fn start(
    State(access): State<Access>,
    told: Told,
    site: Site,
    fields: Fields,
) -> Result<Json<wire::DeviceStarted>, Refused> {
    if access.is_open() {
        let detail = "this server asks nobody who they are, so there is nothing to log in to";
        return Err(Refused(ApiError::new(Code::InvalidRequest, detail)));
    }
    let label = Some(fields.get("label")).filter(|label| !label.is_empty());
    let label = label.unwrap_or_else(|| fields.get("client_id"));
    let started = access.device_start(label, &told.address).await?;
    let verification_uri = format!("{}/auth/device", site.origin);
    Ok(Json(wire::DeviceStarted {
        verification_uri_complete: format!(
            "{verification_uri}?code={}",
            encoded(&started.user_code)
        ),
        verification_uri,
        device_code: started.device_code,
        user_code: started.user_code,
        expires_in: started.age_ms / 1_000,
        interval: started.interval_ms / 1_000,
    }))
}

/// Ask for the token of a program
///
/// As RFC 8628: `authorization_pending` and `slow_down` ask to go on asking.
#[utoipa::path(
    post, path = "/api/v1/device/token", tag = "login", operation_id = "deviceToken",
    request_body(content((wire::DeviceToken = "application/json"),
        (wire::DeviceToken = "application/x-www-form-urlencoded"))),
    responses((status = 200, description = "The token", body = wire::DeviceTokenMade)),
)]
pub(crate) async fn token(
    State(access): State<Access>,
    State(app): State<App>,
    told: Told,
    fields: Fields,
) -> Result<Json<wire::DeviceTokenMade>, Refused> {
    if fields.get("grant_type") != GRANT {
        let detail = format!("`grant_type` is not {GRANT}");
        return Err(Refused(ApiError::new(Code::UnsupportedGrant, detail)));
    }
    let (token, text) = access.device_token(fields.get("device_code")).await?;
    if let Some(actor) = access.actor_of(&token.holder) {
        told.note.actor(&actor);
    }
    told.note.target(&format!("tokens/{}", token.id));
    let now = app.clock.now();
    let expires_in = token.expires_at.map_or(0, |at| at.since_ms(now) / 1_000);
    Ok(Json(wire::DeviceTokenMade {
        access_token: text,
        token_type: "Bearer".to_owned(),
        expires_in,
    }))
}

/// Show the page where a person lets in a program
#[utoipa::path(
    get, path = "/auth/device", tag = "login", operation_id = "devicePage",
    params(("code" = Option<String>, Query, description = "What the program shows")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "Nobody is logged in: to the login, and back"),
    ),
)]
pub(crate) async fn page(
    State(access): State<Access>,
    Who(caller): Who,
    told: Told,
    mut params: Params,
) -> Result<Response, ApiError> {
    let code = params.one("code")?;
    if !login::is_browser(&caller) {
        let code = code.map(|code| format!("?code={}", encoded(&code))).unwrap_or_default();
        return Ok(login::to_login(&format!("/auth/device{code}")));
    }
    let Some(code) = code else { return Ok(enter(None).into_response()) };
    let ask = match access.device_ask(&code, &told.address) {
        Ok(ask) => ask,
        Err(err) => return Ok(refused(err).into_response()),
    };
    let mut body = format!(
        "<p class=\"code\">{}</p>\n<dl>\n<dt>Program</dt><dd>{}</dd>\n<dt>From</dt><dd>{}</dd>\n\
         <dt>As</dt><dd>{}</dd>\n</dl>\n",
        Text(&code),
        Text(&ask.label),
        Text(&ask.address),
        Text(&caller.actor)
    );
    let csrf = access.csrf(&caller).unwrap_or_default();
    let _ = write!(
        body,
        "<p class=\"soft\">Go on only if you have started this yourself just now, and the code is \
         the one that you see there. The program may then do all that you may, for 30 days.</p>\n\
         <form method=\"post\" action=\"/auth/device\">\n\
         <input type=\"hidden\" name=\"csrf\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"code\" value=\"{}\">\n\
         <button class=\"main\" name=\"answer\" value=\"approve\">Log in this program</button>\n\
         <button name=\"answer\" value=\"deny\">Deny</button>\n</form>",
        Text(&csrf),
        Text(&code)
    );
    Ok(Page::new("Log in a program?", body).into_response())
}

/// Let in a program, or not, by the form of the page
#[utoipa::path(
    post, path = "/auth/device", tag = "login", operation_id = "deviceAnswer",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub(crate) async fn answer(
    State(access): State<Access>,
    Who(caller): Who,
    told: Told,
    form: Submitted,
) -> Response {
    let code = form.get("code");
    if !login::is_browser(&caller) {
        return login::to_login(&format!("/auth/device?code={}", encoded(code)));
    }
    if !access.csrf_is_right(&caller, form.get("csrf")) {
        return login::foreign_form().into_response();
    }
    let is_approved = form.get("answer") == "approve";
    let answered = access.device_answer(&caller, code, is_approved, &told.address).await;
    let ask = match answered {
        Ok(ask) => ask,
        Err(err) => return refused(err).into_response(),
    };
    let answer = if is_approved { "approved" } else { "denied" };
    told.note.target(&format!("device/{}", ask.label));
    told.note.after(&json!({ "answer": answer, "program": ask.label, "from": ask.address }));
    let (title, says) = match is_approved {
        true => ("Done", "The program is logged in within some seconds. You can close this page."),
        false => ("Denied", "The program was not logged in. You can close this page."),
    };
    Page::notice(title, says, (HOME, "To your account")).into_response()
}

/// The page where a code is entered.
fn enter(bad: Option<&str>) -> Page {
    let bad = bad.map(|bad| format!("<p class=\"bad\" role=\"alert\">{}</p>\n", Text(bad)));
    let body = format!(
        "{}<form method=\"get\" action=\"/auth/device\">\n\
         <label>The code that the program shows <input name=\"code\" autocomplete=\"off\" \
         autocapitalize=\"characters\" spellcheck=\"false\" required autofocus></label>\n\
         <button class=\"main\">Go on</button>\n</form>",
        bad.unwrap_or_default()
    );
    Page::new("Log in a program", body)
}

fn refused(err: DeviceError) -> Page {
    let Refused(err) = err.into();
    let retry_after = err.retry_after_ms();
    let status = match err.code.status() {
        StatusCode::BAD_REQUEST => StatusCode::NOT_FOUND,
        other => other,
    };
    enter(Some(&login::refusal(&err))).status(status).retry_after(retry_after)
}

impl From<DeviceError> for Refused {
    fn from(err: DeviceError) -> Self {
        use DeviceError as E;
        let code = match &err {
            E::Pending => Code::AuthorizationPending,
            E::SlowDown => Code::SlowDown,
            E::Denied => Code::AccessDenied,
            E::Expired => Code::ExpiredToken,
            E::Forged => Code::InvalidGrant,
            E::CodeUnknown | E::NoSession => Code::InvalidRequest,
            E::Busy => {
                return Self(ApiError::new(Code::LoginThrottled, &err).retry_after(60_000));
            }
            E::Throttled { wait_ms } => {
                return Self(ApiError::new(Code::LoginThrottled, &err).retry_after(*wait_ms));
            }
            E::Access(_) => {
                let E::Access(err) = err else { return Self(ApiError::internal(&err)) };
                return Self(err.into());
            }
        };
        Self(ApiError::new(code, &err))
    }
}
