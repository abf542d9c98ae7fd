//! Local users.

use axum::extract::State;
use axum::http::StatusCode;
use kernel_auth::{Access, UserDraft};
use kernel_wire::access as wire;

use crate::error::ApiError;
use crate::extract::{At, Json, Named, Told};
use crate::to_wire::access as to_wire;

/// List users, by name
#[utoipa::path(
    get, path = "/api/v1/users", tag = "access", operation_id = "userList",
    responses((status = 200, description = "All of them", body = Vec<wire::User>)),
)]
pub(crate) async fn list(State(access): State<Access>) -> Json<Vec<wire::User>> {
    Json(access.users().iter().map(|user| to_wire::user(user)).collect())
}

/// Add user
#[utoipa::path(
    post, path = "/api/v1/users", tag = "access", operation_id = "userAdd",
    request_body = wire::UserAdd,
    responses((status = 201, description = "The user", body = wire::User)),
)]
pub(crate) async fn add(
    State(access): State<Access>,
    told: Told,
    Json(add): Json<wire::UserAdd>,
) -> Result<(StatusCode, Json<wire::User>), ApiError> {
    told.note.target(&format!("users/{}", add.name));
    let draft =
        UserDraft { email: add.email, groups: add.groups, role: add.role, is_disabled: false };
    let user = access.user_add(&add.name, draft, add.password.as_deref()).await?;
    let user = to_wire::user(&user);
    told.note.after(&user);
    Ok((StatusCode::CREATED, Json(user)))
}

/// Show user
#[utoipa::path(
    get, path = "/api/v1/users/{user}", tag = "access", operation_id = "userGet",
    params(("user" = String, Path, description = "The name")),
    responses((status = 200, description = "The user", body = wire::User)),
)]
pub(crate) async fn get(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
) -> Result<Json<wire::User>, ApiError> {
    Ok(Json(to_wire::user(&*access.user(&name)?)))
}

/// Change user
///
/// Who is disabled is logged out everywhere.
#[utoipa::path(
    put, path = "/api/v1/users/{user}", tag = "access", operation_id = "userSet",
    params(("user" = String, Path, description = "The name")),
    request_body = wire::UserSet,
    responses((status = 200, description = "The user", body = wire::User)),
)]
pub(crate) async fn set(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
    told: Told,
    Json(set): Json<wire::UserSet>,
) -> Result<Json<wire::User>, ApiError> {
    told.note.before(&to_wire::user(&*access.user(&name)?));
    let draft = UserDraft {
        email: set.email,
        groups: set.groups,
        role: set.role,
        is_disabled: set.is_disabled,
    };
    let user = to_wire::user(&*access.user_set(&name, draft).await?);
    told.note.after(&user);
    Ok(Json(user))
}

/// Remove user
///
/// The user is logged out everywhere, and the user's tokens are revoked.
#[utoipa::path(
    delete, path = "/api/v1/users/{user}", tag = "access", operation_id = "userRemove",
    params(("user" = String, Path, description = "The name")),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
    told: Told,
) -> Result<StatusCode, ApiError> {
    told.note.before(&to_wire::user(&*access.user(&name)?));
    access.user_remove(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give user another password
///
/// The user is logged out everywhere, and the user's tokens are revoked.
#[utoipa::path(
    post, path = "/api/v1/users/{user}/password", tag = "access", operation_id = "userPassword",
    params(("user" = String, Path, description = "The name")),
    request_body = wire::PasswordSet,
    responses((status = 204, description = "Changed")),
)]
pub(crate) async fn password(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
    Json(set): Json<wire::PasswordSet>,
) -> Result<StatusCode, ApiError> {
    access.user_password(&name, &set.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
