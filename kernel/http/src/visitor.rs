//! People who have logged in by other systems.

use axum::extract::State;
use kernel_auth::Access;
use kernel_wire::access as wire;

use crate::error::ApiError;
use crate::extract::{At, Json, Named, Told};
use crate::to_wire::access as to_wire;

/// List who has logged in by other systems
#[utoipa::path(
    get, path = "/api/v1/visitors", tag = "access", operation_id = "visitorList",
    responses((status = 200, description = "All of them, as described at their last login",
        body = Vec<wire::Visitor>)),
)]
pub(crate) async fn list(State(access): State<Access>) -> Json<Vec<wire::Visitor>> {
    Json(access.visitors().iter().map(|visitor| to_wire::visitor(visitor)).collect())
}

/// Let a visitor log in, or not
///
/// Who is disabled is logged out everywhere, and the visitor's tokens are revoked.
#[utoipa::path(
    put, path = "/api/v1/visitors/{visitor}", tag = "access", operation_id = "visitorSet",
    params(("visitor" = String, Path, description = "Its id, such as `example/42`")),
    request_body = wire::VisitorSet,
    responses((status = 200, description = "The visitor", body = wire::Visitor)),
)]
pub(crate) async fn set(
    State(access): State<Access>,
    At(Named(id)): At<Named>,
    told: Told,
    Json(set): Json<wire::VisitorSet>,
) -> Result<Json<wire::Visitor>, ApiError> {
    told.note.before(&to_wire::visitor(&*access.visitor(&id)?));
    let visitor = to_wire::visitor(&*access.visitor_disable(&id, set.is_disabled).await?);
    told.note.after(&visitor);
    Ok(Json(visitor))
}
