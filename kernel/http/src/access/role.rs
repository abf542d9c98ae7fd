//! Roles.

use axum::extract::State;
use axum::http::StatusCode;
use kernel_auth::Access;
use kernel_model::access::{Verb, Verbs};
use kernel_wire::access as wire;

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, Named, Told};
use crate::to_wire::access as to_wire;

/// List roles
#[utoipa::path(
    get, path = "/api/v1/roles", tag = "access", operation_id = "roleList",
    responses((status = 200, description = "Those that are built in, then the others",
        body = Vec<wire::Role>)),
)]
pub(crate) async fn list(State(access): State<Access>) -> Json<Vec<wire::Role>> {
    Json(access.roles().into_iter().map(to_wire::role).collect())
}

/// Set role
#[utoipa::path(
    put, path = "/api/v1/roles/{role}", tag = "access", operation_id = "roleSet",
    params(("role" = String, Path, description = "Its name")),
    request_body = wire::RoleSet,
    responses((status = 204, description = "Set")),
)]
pub(crate) async fn set(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
    told: Told,
    Json(set): Json<wire::RoleSet>,
) -> Result<StatusCode, ApiError> {
    let before = access.roles().into_iter().find(|(known, ..)| *known == name);
    if let Some(before) = before {
        told.note.before(&to_wire::role(before));
    }
    access.role_set(&name, verbs(&set.verbs)?).await?;
    told.note.after(&set);
    Ok(StatusCode::NO_CONTENT)
}

/// Remove role
///
/// Nobody must have it.
#[utoipa::path(
    delete, path = "/api/v1/roles/{role}", tag = "access", operation_id = "roleRemove",
    params(("role" = String, Path, description = "Its name")),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(access): State<Access>,
    At(Named(name)): At<Named>,
) -> Result<StatusCode, ApiError> {
    access.role_remove(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads verbs.
pub(super) fn verbs(words: &[String]) -> Result<Verbs, ApiError> {
    let verbs = words.iter().map(|word| word.parse::<Verb>());
    let verbs = verbs.collect::<Result<Verbs, _>>();
    verbs.map_err(|err| ApiError::new(Code::AccessInvalid, err))
}
