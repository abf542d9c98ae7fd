//! Workspaces: named environments of the project.

use axum::http::StatusCode;
use kernel_auth::{Caller, Reach};
use kernel_model::access::Verb;
use kernel_model::name::ProjectName;
use kernel_model::workspace::{WorkspaceChange, WorkspaceName};
use kernel_wire::workspace as wire;

use crate::error::{ApiError, workspace_name};
use crate::extract::{At, In, Json, Told, Who};
use crate::projects::Project;
use crate::{permission, to_wire};

/// List workspaces, by name
///
/// Archived ones are left out.
#[utoipa::path(
    get, path = "/api/v1/workspaces", tag = "workspaces", operation_id = "workspaceList",
    responses((status = 200, description = "All that may be seen", body = Vec<wire::Workspace>)),
)]
pub(crate) async fn list(
    In(Project { name: project, scheduler, .. }): In,
    Who(caller): Who,
) -> Json<Vec<wire::Workspace>> {
    let all = scheduler.workspaces();
    let seen = all.iter().filter(|one| check(&caller, &project, Verb::View, &one.name).is_ok());
    let mut seen: Vec<_> = seen.map(|one| to_wire::workspace(one, &all)).collect();
    seen.sort_by(|a, b| a.name.cmp(&b.name));
    Json(seen)
}

/// Make workspace
///
/// Needs `view` in the base, too: what is kept there is found here.
#[utoipa::path(
    post, path = "/api/v1/workspaces", tag = "workspaces", operation_id = "workspaceMake",
    request_body = wire::WorkspaceMake,
    responses((status = 201, description = "Made", body = wire::Workspace)),
)]
pub(crate) async fn make(
    In(Project { name: project, scheduler, .. }): In,
    Who(caller): Who,
    told: Told,
    Json(make): Json<wire::WorkspaceMake>,
) -> Result<(StatusCode, Json<wire::Workspace>), ApiError> {
    let name = workspace_name(&make.name)?;
    told.note.target(&format!("workspaces/{name}"));
    check(&caller, &project, Verb::Edit, &name)?;
    let base = make.base.as_deref().map(|base| base_of(&caller, &project, base)).transpose()?;
    let made = scheduler.workspace_make(name, base.as_ref()).await?;
    let made = to_wire::workspace(&made, &scheduler.workspaces());
    told.note.after(&made);
    Ok((StatusCode::CREATED, Json(made)))
}

/// Show workspace
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}", tag = "workspaces",
    operation_id = "workspaceGet",
    params(("workspace" = String, Path, description = "The name; slashes may stay as they are")),
    responses((status = 200, description = "The workspace", body = wire::Workspace)),
)]
pub(crate) async fn get(
    In(Project { scheduler, .. }): In,
    At(name): At<WorkspaceName>,
) -> Result<Json<wire::Workspace>, ApiError> {
    let found = scheduler.workspace_get(&name)?;
    Ok(Json(to_wire::workspace(&found, &scheduler.workspaces())))
}

/// Change workspace
///
/// A paused one accepts runs and begins none; those in progress go on. An archived one is gone: its
/// runs in progress are cancelled, what it kept for later runs is removed, and its name is free. It
/// must be the base of no other. A new base needs `view` in it, too.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}", tag = "workspaces",
    operation_id = "workspaceSet",
    params(("workspace" = String, Path, description = "The name; slashes may stay as they are")),
    request_body = wire::WorkspaceSet,
    responses((status = 200, description = "As it is now", body = wire::Workspace)),
)]
pub(crate) async fn set(
    In(Project { name: project, scheduler, .. }): In,
    Who(caller): Who,
    told: Told,
    At(name): At<WorkspaceName>,
    Json(set): Json<wire::WorkspaceSet>,
) -> Result<Json<wire::Workspace>, ApiError> {
    let base = set.base.as_deref().map(|base| match base {
        "" => Ok(None),
        base => base_of(&caller, &project, base).map(Some),
    });
    let change = WorkspaceChange {
        base: base.transpose()?,
        state: set.state.map(to_wire::workspace_state_back),
    };
    let before = scheduler.workspaces();
    let (was, is) = scheduler.workspace_change(&name, &change, &caller.actor).await?;
    told.note.before(&to_wire::workspace(&was, &before));
    let is = to_wire::workspace(&is, &scheduler.workspaces());
    told.note.after(&is);
    Ok(Json(is))
}

fn base_of(caller: &Caller, project: &ProjectName, base: &str) -> Result<WorkspaceName, ApiError> {
    let base = workspace_name(base)?;
    check(caller, project, Verb::View, &base)?;
    Ok(base)
}

fn check(
    caller: &Caller,
    project: &ProjectName,
    verb: Verb,
    name: &WorkspaceName,
) -> Result<(), ApiError> {
    let reach = Reach::In(name.clone());
    Ok(caller.check_at(verb, &permission::project(project), &reach)?)
}
