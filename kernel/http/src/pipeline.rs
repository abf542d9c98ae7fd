//! Setting pipelines and looking at them.

use axum::extract::State;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use kernel_model::name::Name;
use kernel_ports::secret::SecretScope;
use kernel_scheduler::{PipelineSource, Scheduler};
use kernel_wire as wire;
use kernel_wire::diagnostic::{Severity, Validation};
use kernel_wire::page::Page;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, IfMatch, In, Json, Params, Precondition, VersionOf, Who, invalid, tag};
use crate::layer::gate::may_view;
use crate::projects::Project;
use crate::{page, to_wire};

/// A pipeline and its entity tag.
type Tagged = ([(HeaderName, String); 1], Json<wire::pipeline::Pipeline>);

/// List pipelines, by name
#[utoipa::path(
    get, path = "/api/v1/pipelines", tag = "pipelines", operation_id = "pipelineList",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 500 items, 50 by default"),
    ),
    responses((status = 200, description = "A page", body = Page<wire::pipeline::Pipeline>)),
)]
pub(crate) async fn list(
    In(Project { name, scheduler, .. }): In,
    Who(caller): Who,
    mut params: Params,
) -> Result<Json<Page<wire::pipeline::Pipeline>>, ApiError> {
    let after = params.one("cursor")?.map(|name| Name::new(&name));
    let after = after.transpose().map_err(|err| invalid("cursor", format_args!("{err}")))?;
    let limit = params.limit()?;
    params.finish()?;
    let store = &scheduler.parts().store;
    let found = page::seen(
        after,
        limit + 1,
        |after: Option<Name>| async move { store.pipeline_list(after.as_ref(), limit + 1).await },
        |pipeline| pipeline.name.clone(),
        |pipeline| may_view(&caller, &name, &pipeline.name),
    )
    .await?;
    let cursor = |last: &kernel_ports::pipeline::Pipeline| last.name.to_string();
    Ok(Json(page::cut(found, limit, cursor, to_wire::pipeline)))
}

/// Show pipeline
#[utoipa::path(
    get, path = "/api/v1/pipelines/{name}", tag = "pipelines", operation_id = "pipelineGet",
    params(("name" = String, Path, description = "The pipeline")),
    responses((status = 200, description = "The pipeline; its ETag is its version",
        body = wire::pipeline::Pipeline, headers(("etag" = String)))),
)]
pub(crate) async fn get(
    In(Project { scheduler, .. }): In,
    At(name): At<Name>,
) -> Result<Tagged, ApiError> {
    Ok(tagged(&scheduler.pipeline_get(&name).await?))
}

/// Set pipeline
///
/// Compiles the source and makes it the newest version. Setting what is set already changes
/// nothing. `If-Match` with the version's ETag refuses the change if somebody else was faster;
/// `If-None-Match: *` only makes new pipelines. No pipeline can be called `validate`.
#[utoipa::path(
    put, path = "/api/v1/pipelines/{name}", tag = "pipelines", operation_id = "pipelineSet",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("if-match" = Option<String>, Header, description = "The version that this one follows"),
        ("if-none-match" = Option<String>, Header, description = "`*`: only if the name is free"),
    ),
    request_body = wire::pipeline::PipelineSet,
    responses(
        (status = 200, description = "Set", body = wire::pipeline::PipelineAccepted),
        (status = 201, description = "Made", body = wire::pipeline::PipelineAccepted),
    ),
)]
pub(crate) async fn set(
    In(Project { scheduler, .. }): In,
    At(name): At<Name>,
    IfMatch(precondition): IfMatch,
    Json(set): Json<wire::pipeline::PipelineSet>,
) -> Result<impl IntoResponse, ApiError> {
    let seen = seen(&scheduler, &name, precondition).await?;
    let accepted = scheduler.pipeline_set(&name, source(set), seen).await?;
    let is_made = accepted.is_new_version && accepted.pipeline.version == 1;
    let status = if is_made { StatusCode::CREATED } else { StatusCode::OK };
    let headers =
        [(ETAG, tag(accepted.pipeline.version)), (LOCATION, format!("/api/v1/pipelines/{name}"))];
    let body = wire::pipeline::PipelineAccepted {
        pipeline: to_wire::pipeline(&accepted.pipeline),
        is_new_version: accepted.is_new_version,
        warnings: accepted.warnings.into_iter().map(to_wire::diagnostic).collect(),
    };
    Ok((status, headers, Json(body)))
}

/// Validate source
///
/// Compiles a source and stores nothing.
#[utoipa::path(
    post, path = "/api/v1/pipelines/validate", tag = "pipelines", operation_id = "pipelineValidate",
    request_body = wire::pipeline::PipelineSet,
    responses((status = 200, description = "What there is to say about it", body = Validation)),
)]
pub(crate) async fn validate(
    In(Project { scheduler, .. }): In,
    Json(set): Json<wire::pipeline::PipelineSet>,
) -> Result<Json<Validation>, ApiError> {
    let diagnostics = scheduler.pipeline_validate(source(set)).await?;
    let diagnostics: Vec<_> = diagnostics.into_iter().map(to_wire::diagnostic).collect();
    let valid = diagnostics.iter().all(|remark| remark.severity != Severity::Error);
    Ok(Json(Validation { valid, diagnostics }))
}

/// Remove pipeline
///
/// Its runs and versions stay readable by run.
#[utoipa::path(
    delete, path = "/api/v1/pipelines/{name}", tag = "pipelines", operation_id = "pipelineRemove",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("if-match" = Option<String>, Header, description = "Only if it is at this version"),
    ),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(app): State<App>,
    In(Project { name: project, scheduler, .. }): In,
    At(name): At<Name>,
    IfMatch(precondition): IfMatch,
) -> Result<StatusCode, ApiError> {
    if let Some(Precondition::Version(seen)) = precondition {
        let found = scheduler.pipeline_get(&name).await?.version;
        if found != seen {
            return Err(kernel_scheduler::SchedulerError::PipelineChanged { seen, found }.into());
        }
    }
    scheduler.pipeline_remove(&name).await?;
    // Another pipeline of this name has nothing of it.
    if let Some(book) = &app.secrets {
        let project = project.name().clone();
        book.secret_scope_remove(&SecretScope::Pipeline { project, pipeline: name }).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Pause pipeline
///
/// A paused pipeline starts no runs. Those in progress go on.
#[utoipa::path(
    post, path = "/api/v1/pipelines/{name}/pause", tag = "pipelines", operation_id = "pipelinePause",
    params(("name" = String, Path, description = "The pipeline")),
    responses((status = 200, description = "Paused", body = wire::pipeline::Pipeline)),
)]
pub(crate) async fn pause(
    In(Project { scheduler, .. }): In,
    At(name): At<Name>,
) -> Result<Tagged, ApiError> {
    Ok(tagged(&scheduler.pipeline_pause(&name, true).await?))
}

/// Unpause pipeline
#[utoipa::path(
    post, path = "/api/v1/pipelines/{name}/unpause", tag = "pipelines",
    operation_id = "pipelineUnpause",
    params(("name" = String, Path, description = "The pipeline")),
    responses((status = 200, description = "Unpaused", body = wire::pipeline::Pipeline)),
)]
pub(crate) async fn unpause(
    In(Project { scheduler, .. }): In,
    At(name): At<Name>,
) -> Result<Tagged, ApiError> {
    Ok(tagged(&scheduler.pipeline_pause(&name, false).await?))
}

/// List versions of pipeline, newest first
#[utoipa::path(
    get, path = "/api/v1/pipelines/{name}/versions", tag = "pipelines",
    operation_id = "pipelineVersionList",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 500 items, 50 by default"),
    ),
    responses((status = 200, description = "A page; versions come without their source",
        body = Page<wire::pipeline::PipelineVersion>)),
)]
pub(crate) async fn version_list(
    In(Project { scheduler, .. }): In,
    At(name): At<Name>,
    mut params: Params,
) -> Result<Json<Page<wire::pipeline::PipelineVersion>>, ApiError> {
    let before = params.number("cursor")?;
    let limit = params.limit()?;
    params.finish()?;
    let pipeline = scheduler.pipeline_get(&name).await?;
    let store = &scheduler.parts().store;
    let found = store.pipeline_version_list(pipeline.id, before, limit + 1).await?;
    let cursor = |last: &kernel_ports::pipeline::PipelineVersion| last.version.to_string();
    let convert = |version: &_| to_wire::pipeline_version(name.as_str(), version, false);
    Ok(Json(page::cut(found, limit, cursor, convert)))
}

/// Show version of pipeline, with its source
#[utoipa::path(
    get, path = "/api/v1/pipelines/{name}/versions/{version}", tag = "pipelines",
    operation_id = "pipelineVersionGet",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("version" = u32, Path, description = "From 1"),
    ),
    responses((status = 200, description = "The version", body = wire::pipeline::PipelineVersion)),
)]
pub(crate) async fn version_get(
    In(Project { scheduler, .. }): In,
    At(VersionOf { pipeline: name, version }): At<VersionOf>,
) -> Result<Json<wire::pipeline::PipelineVersion>, ApiError> {
    let pipeline = scheduler.pipeline_get(&name).await?;
    let found = scheduler.parts().store.pipeline_version_get(pipeline.id, version).await?;
    let unknown =
        kernel_scheduler::SchedulerError::VersionUnknown { name: name.to_string(), version };
    let found = found.ok_or(unknown)?;
    Ok(Json(to_wire::pipeline_version(name.as_str(), &found, true)))
}

fn source(set: wire::pipeline::PipelineSet) -> PipelineSource {
    PipelineSource {
        file_name: set.file_name,
        language: set.language,
        source: set.source,
        vars: set.vars,
    }
}

fn tagged(pipeline: &kernel_ports::pipeline::Pipeline) -> Tagged {
    ([(ETAG, tag(pipeline.version))], Json(to_wire::pipeline(pipeline)))
}

/// Returns the version that a change must follow; 0: none.
async fn seen(
    scheduler: &Scheduler,
    name: &Name,
    precondition: Option<Precondition>,
) -> Result<Option<u32>, ApiError> {
    match precondition {
        None => Ok(None),
        Some(Precondition::Free) => Ok(Some(0)),
        Some(Precondition::Version(version)) => Ok(Some(version)),
        Some(Precondition::Exists) => match scheduler.parts().store.pipeline_get(name).await? {
            Some(pipeline) => Ok(Some(pipeline.version)),
            None => {
                let detail = format!("there is no pipeline {:?} to change", name.as_str());
                Err(ApiError::new(Code::PipelineChanged, detail)
                    .hint("leave If-Match out to make it"))
            }
        },
    }
}
