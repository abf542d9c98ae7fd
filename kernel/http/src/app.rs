//! Connected apps: what people have let in by OAuth, and letting it in no more.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel_auth::{Access, AccessError, Caller};
use kernel_model::access::{Scope, Verb};
use kernel_ports::app::ConnectedApp;
use kernel_wire::app as wire;

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, Named, Submitted, Told, Who};
use crate::html::redirect;
use crate::login::{self, HOME};
use crate::to_wire::access as to_wire;

/// List connected apps
///
/// Those of whoever asks; with `admin` on the server, all.
#[utoipa::path(
    get, path = "/api/v1/apps", tag = "access", operation_id = "appList",
    responses((status = 200, description = "From the oldest", body = Vec<wire::ConnectedApp>)),
)]
pub(crate) async fn list(
    State(access): State<Access>,
    Who(caller): Who,
) -> Json<Vec<wire::ConnectedApp>> {
    let found = access.apps();
    let own = found.iter().filter(|app| may_see(&caller, app));
    Json(own.map(|app| to_wire::app(&access, app)).collect())
}

/// Revoke connected app
///
/// All its tokens end at once, for good. One's own, or with `admin` on the server, any.
#[utoipa::path(
    delete, path = "/api/v1/apps/{app}", tag = "access", operation_id = "appRevoke",
    params(("app" = String, Path, description = "Its id")),
    responses((status = 204, description = "Revoked")),
)]
pub(crate) async fn revoke(
    State(access): State<Access>,
    Who(caller): Who,
    At(Named(id)): At<Named>,
    told: Told,
) -> Result<StatusCode, ApiError> {
    end(&access, &caller, &id, &told).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke connected app by the form of the account page
#[utoipa::path(
    post, path = "/auth/apps", tag = "login", operation_id = "appForm",
    responses((status = 303, description = "Revoked; to the account page")),
)]
pub(crate) async fn submit(
    State(access): State<Access>,
    Who(caller): Who,
    told: Told,
    form: Submitted,
) -> Result<Response, ApiError> {
    if !login::is_browser(&caller) {
        return Ok(login::to_login(HOME));
    }
    if !access.csrf_is_right(&caller, form.get("csrf")) {
        return Ok(login::foreign_form().into_response());
    }
    told.note.target(&format!("apps/{}", form.get("app")));
    end(&access, &caller, form.get("app"), &told).await?;
    Ok(redirect(HOME, vec![]))
}

/// Returns the apps of the caller alone.
pub(crate) fn own(access: &Access, caller: &Caller) -> Vec<ConnectedApp> {
    let mut found = access.apps();
    found.retain(|app| app.holder.is_same(&caller.holder));
    found
}

async fn end(access: &Access, caller: &Caller, id: &str, told: &Told) -> Result<(), ApiError> {
    let id = id.parse().map_err(|err| {
        ApiError::new(Code::InvalidPath, err).hint("GET /api/v1/apps lists connected apps")
    })?;
    let found = access.app(id).ok().filter(|app| may_see(caller, app));
    let app = found.ok_or_else(|| AccessError::AppUnknown { app: id.to_string() })?;
    told.note.before(&to_wire::app(access, &app));
    Ok(access.app_revoke(id).await?)
}

fn may_see(caller: &Caller, app: &ConnectedApp) -> bool {
    app.holder.is_same(&caller.holder) || caller.may(Verb::Admin, &Scope::Server)
}
