//! Changing one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel_auth::Access;
use kernel_ports::access::Holder;
use kernel_wire::access as wire;

use crate::error::ApiError;
use crate::extract::{Json, Submitted, Told, Who};
use crate::html::{Page, Text};
use crate::login::{self, HOME};

const PAGE: &str = "/auth/password";

/// Change one's own password
///
/// Other logins of the user end; this one, tokens that were made by hand, and connected apps go on.
#[utoipa::path(
    post, path = "/api/v1/password", tag = "access", operation_id = "passwordChange",
    request_body = wire::PasswordChange,
    responses((status = 204, description = "Changed")),
)]
pub(crate) async fn change(
    State(access): State<Access>,
    Who(caller): Who,
    told: Told,
    Json(change): Json<wire::PasswordChange>,
) -> Result<StatusCode, ApiError> {
    told.note.target(&caller.actor);
    access.password_change(&caller, &change.old, &change.new, &told.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show the page where a person changes the own password
#[utoipa::path(
    get, path = "/auth/password", tag = "login", operation_id = "passwordPage",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "Nobody is logged in: to the login, and back"),
    ),
)]
pub(crate) async fn page(State(access): State<Access>, Who(caller): Who) -> Response {
    let Some(csrf) = access.csrf(&caller) else { return login::to_login(PAGE) };
    if !matches!(caller.holder, Holder::User(_)) {
        let says = "Another system knows your password, and this server does not.";
        return Page::notice("Not here", says, (HOME, "To your account")).into_response();
    }
    form(&csrf, None).into_response()
}

/// Change one's own password by the form of the page
#[utoipa::path(
    post, path = "/auth/password", tag = "login", operation_id = "passwordForm",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub(crate) async fn submit(
    State(access): State<Access>,
    Who(caller): Who,
    told: Told,
    submitted: Submitted,
) -> Response {
    let Some(csrf) = access.csrf(&caller) else { return login::to_login(PAGE) };
    if !access.csrf_is_right(&caller, submitted.get("csrf")) {
        return login::foreign_form().into_response();
    }
    told.note.target(&caller.actor);
    let (old, new) = (submitted.get("old"), submitted.get("new"));
    if new != submitted.get("again") {
        let page = form(&csrf, Some("The two new passwords differ."));
        return page.status(StatusCode::UNPROCESSABLE_ENTITY).into_response();
    }
    match access.password_change(&caller, old, new, &told.address).await {
        Ok(()) => {
            let says = "Your password is changed, and your other logins have ended.";
            Page::notice("Done", says, (HOME, "To your account")).into_response()
        }
        Err(err) => {
            let err = ApiError::from(err);
            let page = form(&csrf, Some(&login::refusal(&err)));
            page.status(err.code.status()).retry_after(err.retry_after_ms()).into_response()
        }
    }
}

fn form(csrf: &str, bad: Option<&str>) -> Page {
    let bad = bad.map(|bad| format!("<p class=\"bad\" role=\"alert\">{}</p>\n", Text(bad)));
    let field = |title: &str, name: &str, complete: &str| {
        format!(
            "<label>{title} <input name=\"{name}\" type=\"password\" \
             autocomplete=\"{complete}\" required></label>\n"
        )
    };
    let body = format!(
        "{}<form method=\"post\" action=\"{PAGE}\">\n\
         <input type=\"hidden\" name=\"csrf\" value=\"{}\">\n{}{}{}\
         <button class=\"main\">Change it</button>\n</form>\n\
         <p class=\"soft\">10 characters or more. Your other logins end, in browsers and programs; \
         tokens that you have made and connected apps go on.</p>",
        bad.unwrap_or_default(),
        Text(csrf),
        field("Password", "old", "current-password"),
        field("New password", "new", "new-password"),
        field("The same again", "again", "new-password"),
    );
    Page::new("Change your password", body)
}
