//! Projects: which there are, and how they come and go.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use futures::future::try_join_all;
use kernel_auth::Caller;
use kernel_model::access::Verb;
use kernel_model::name::ProjectName;
use kernel_wire::project as wire;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, In, Json, Params, Told, Who};
use crate::permission;
use crate::projects::{Project, ProjectError};
use crate::to_wire;

/// List projects, by name
#[utoipa::path(
    get, path = "/api/v1/projects", tag = "projects", operation_id = "projectList",
    responses((status = 200, description = "Those in which something may be seen",
        body = Vec<wire::Project>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    Who(caller): Who,
) -> Result<Json<Vec<wire::Project>>, ApiError> {
    let mut projects = app.projects.project_list();
    projects.retain(|project| may_look(&caller, &project.name));
    Ok(Json(try_join_all(projects.iter().map(shown)).await?))
}

/// Show project
#[utoipa::path(
    get, path = "/api/v1/projects/{project}", tag = "projects", operation_id = "projectGet",
    params(("project" = String, Path, description = "The project")),
    responses((status = 200, description = "The project", body = wire::Project)),
)]
pub(crate) async fn get(In(project): In) -> Result<Json<wire::Project>, ApiError> {
    Ok(Json(shown(&project).await?))
}

/// Make project
///
/// It has a database of its own, and is served when this answers.
#[utoipa::path(
    post, path = "/api/v1/projects", tag = "projects", operation_id = "projectCreate",
    request_body = wire::ProjectCreate,
    responses((status = 201, description = "Made", body = wire::Project)),
)]
pub(crate) async fn create(
    State(app): State<App>,
    Who(caller): Who,
    told: Told,
    Json(create): Json<wire::ProjectCreate>,
) -> Result<impl IntoResponse, ApiError> {
    let name = ProjectName::new(&create.name);
    let name = name.map_err(|err| ApiError::new(Code::ProjectInvalid, err))?;
    told.note.target(&format!("projects/{name}"));
    let made = Arc::clone(&app.projects).project_create(name, caller.actor).await?;
    let project = shown(&made).await?;
    told.note.after(&project);
    let location = format!("/api/v1/projects/{}", project.name);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(project)))
}

/// Remove project
///
/// With its pipelines, runs, logs, artifacts and secrets.
#[utoipa::path(
    delete, path = "/api/v1/projects/{project}", tag = "projects", operation_id = "projectRemove",
    params(
        ("project" = String, Path, description = "The project"),
        ("force" = Option<bool>, Query,
            description = "Cancel its runs in progress; without it they are in the way"),
    ),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(app): State<App>,
    At(name): At<ProjectName>,
    Who(caller): Who,
    told: Told,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let force = params.flag("force", false)?;
    params.finish()?;
    if let Some(project) = app.projects.project_get(&name) {
        told.note.before(&shown(&project).await?);
    }
    Arc::clone(&app.projects).project_remove(name, caller.actor, force).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns whether somebody may look at something in a project.
fn may_look(caller: &Caller, project: &ProjectName) -> bool {
    caller.check_within(Verb::View, &permission::project(project)).is_ok()
}

async fn shown(project: &Project) -> Result<wire::Project, ApiError> {
    let runs_open = project.scheduler.parts().store.run_count_open().await?;
    Ok(wire::Project {
        name: project.name.to_string(),
        created_at: to_wire::time(project.created_at),
        created_by: project.created_by.to_string(),
        runs_open,
    })
}

/// Returns the refusal of a request about a project that is not there.
pub(crate) fn unknown(name: &ProjectName) -> ApiError {
    ApiError::new(Code::ProjectUnknown, format_args!("there is no project {:?}", name.as_str()))
        .hint("GET /api/v1/projects lists them; POST there makes one")
}

impl From<ProjectError> for ApiError {
    fn from(err: ProjectError) -> Self {
        use ProjectError as E;
        match err {
            E::Exists { .. } => Self::new(Code::ProjectExists, err)
                .hint("choose another name, or use the one that is there"),
            E::Unknown { name } => unknown(&name),
            E::Busy { .. } => Self::new(Code::ProjectBusy, err)
                .hint("wait for them, or remove it with `force`, which cancels them"),
            E::Refused { .. } => Self::new(Code::ProjectRefused, err),
            E::Left { .. } | E::Open { .. } => Self::internal(&err),
            E::Store(err) => err.into(),
        }
    }
}
