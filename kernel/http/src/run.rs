//! Starting runs and changing their course.

use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use kernel_auth::{Caller, Via};
use kernel_model::id::RunId;
use kernel_model::name::{Name, StepPath};
use kernel_ports::run::RunRow;
use kernel_scheduler::{Again, Asker, RunStart, Scheduler};
use kernel_wire as wire;
use wit_envelope::language::{RunInput, Trigger};

use crate::code::Code;
use crate::error::{ApiError, workspace_name};
use crate::extract::{At, Idempotency, In, Json, OptionalJson, Who};
use crate::layer::gate::check_run;
use crate::projects::Project;
use crate::to_wire;

/// Who did it, where nobody says.
const BY: &str = "api";
/// Longer names of people are refused.
const BY_CHARS_MAX: usize = 100;

/// A run that was made, or that an earlier request with the same key has made.
type Made = (StatusCode, [(HeaderName, String); 1], Json<wire::run::Run>);

/// Start run
///
/// With an `Idempotency-Key`, a repeated request answers 200 with the run that the first one made.
#[utoipa::path(
    post, path = "/api/v1/pipelines/{name}/runs", tag = "runs", operation_id = "runStart",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("idempotency-key" = Option<String>, Header, description = "1 to 200 characters"),
    ),
    request_body = Option<wire::run::RunStart>,
    responses(
        (status = 201, description = "Accepted", body = wire::run::Run,
            headers(("location" = String))),
        (status = 200, description = "Accepted before, with the same key", body = wire::run::Run),
    ),
)]
pub(crate) async fn start(
    In(Project { name, scheduler, .. }): In,
    Who(caller): Who,
    At(pipeline): At<Name>,
    idempotency: Idempotency,
    OptionalJson(start): OptionalJson<wire::run::RunStart>,
) -> Result<Made, ApiError> {
    let workspace = start.workspace.as_deref().map(workspace_name).transpose()?.unwrap_or_default();
    check_run(&caller, (&name, &pipeline), &workspace)?;
    let input =
        RunInput { jobs: start.jobs, args: start.args, launcher: start.launcher, reuse: vec![] };
    let by = by(&caller, start.by)?;
    let trigger = Trigger { kind: "manual".to_owned(), by, ..Trigger::default() };
    let (row, is_new) = scheduler
        .run_start(RunStart {
            idempotency_key: idempotency.scoped(&format!("start/{pipeline}")),
            pipeline,
            version: start.version,
            workspace,
            input: input.clone(),
            trigger,
            behalf: caller.behalf(),
            secrets: start.secrets.into_iter().collect(),
        })
        .await?;
    if !is_new && !is_same(&row, &input, start.version) {
        let detail = format!("this idempotency key has started {} with other input", row.id);
        return Err(ApiError::new(Code::IdempotencyKeyReused, detail)
            .hint("make a new key for each new request"));
    }
    Ok(made(&scheduler, &row, is_new))
}

/// Cancel run
///
/// Asks its steps to stop, and ends them after a grace time.
#[utoipa::path(
    post, path = "/api/v1/runs/{run}/cancel", tag = "runs", operation_id = "runCancel",
    params(("run" = String, Path, description = "The run")),
    request_body = Option<wire::run::Asked>,
    responses((status = 202, description = "Asked to stop", body = wire::run::Run)),
)]
pub(crate) async fn cancel(
    In(Project { scheduler, .. }): In,
    Who(caller): Who,
    At(run): At<RunId>,
    OptionalJson(asked): OptionalJson<wire::run::Asked>,
) -> Result<(StatusCode, Json<wire::run::Run>), ApiError> {
    let row = scheduler.run_cancel(run, &by(&caller, asked.by)?).await?;
    Ok((StatusCode::ACCEPTED, Json(to_wire::run(&row, scheduler.parts().clock.now()))))
}

/// Retry run
///
/// Makes a new run that takes over what succeeded. In another workspace than the run's own it needs
/// `run` there, too.
#[utoipa::path(
    post, path = "/api/v1/runs/{run}/retry", tag = "runs", operation_id = "runRetry",
    params(
        ("run" = String, Path, description = "The run; it must have ended"),
        ("idempotency-key" = Option<String>, Header, description = "1 to 200 characters"),
    ),
    request_body = Option<wire::run::RunRetry>,
    responses(
        (status = 201, description = "The new run", body = wire::run::Run,
            headers(("location" = String))),
        (status = 200, description = "Made before, with the same key", body = wire::run::Run),
    ),
)]
pub(crate) async fn retry(
    In(project): In,
    Who(caller): Who,
    At(run): At<RunId>,
    idempotency: Idempotency,
    OptionalJson(retry): OptionalJson<wire::run::RunRetry>,
) -> Result<Made, ApiError> {
    let from = retry.from.as_deref().map(StepPath::new).transpose();
    let from =
        from.map_err(|err| ApiError::new(Code::InvalidJson, format_args!("`from`: {err}")))?;
    let key = idempotency.scoped(&format!("retry/{run}"));
    let asked_at = project.scheduler.parts().clock.now();
    let scheduler = &project.scheduler;
    let again = again(&project, &caller, run, retry.workspace, retry.by).await?;
    let again = Again { idempotency_key: key, ..again };
    let row = scheduler.run_retry(run, from.as_ref(), again).await?;
    Ok(made(scheduler, &row, row.created_at >= asked_at))
}

/// Rerun run
///
/// Makes a new run of the same version and input, from the beginning. In another workspace than the
/// run's own it needs `run` there, too.
#[utoipa::path(
    post, path = "/api/v1/runs/{run}/rerun", tag = "runs", operation_id = "runRerun",
    params(
        ("run" = String, Path, description = "The run; it must have ended"),
        ("idempotency-key" = Option<String>, Header, description = "1 to 200 characters"),
    ),
    request_body = Option<wire::run::RunRerun>,
    responses(
        (status = 201, description = "The new run", body = wire::run::Run,
            headers(("location" = String))),
        (status = 200, description = "Made before, with the same key", body = wire::run::Run),
    ),
)]
pub(crate) async fn rerun(
    In(project): In,
    Who(caller): Who,
    At(run): At<RunId>,
    idempotency: Idempotency,
    OptionalJson(rerun): OptionalJson<wire::run::RunRerun>,
) -> Result<Made, ApiError> {
    let key = idempotency.scoped(&format!("rerun/{run}"));
    let asked_at = project.scheduler.parts().clock.now();
    let scheduler = &project.scheduler;
    let again = again(&project, &caller, run, rerun.workspace, rerun.by).await?;
    let again = Again { idempotency_key: key, ..again };
    let row = scheduler.run_rerun(run, again).await?;
    Ok(made(scheduler, &row, row.created_at >= asked_at))
}

fn made(scheduler: &Scheduler, row: &RunRow, is_new: bool) -> Made {
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/api/v1/runs/{}", row.id);
    (status, [(LOCATION, location)], Json(to_wire::run(row, scheduler.parts().clock.now())))
}

/// Returns whether a run was started with this input. A version that was left out may be any.
fn is_same(row: &RunRow, input: &RunInput, version: Option<u32>) -> bool {
    let found: Option<RunInput> = serde_json::from_str(&row.input).ok();
    found.as_ref() == Some(input) && version.is_none_or(|version| version == row.version)
}

/// Returns how a run is run again, if whoever asks may do that there.
async fn again(
    project: &Project,
    caller: &Caller,
    run: RunId,
    workspace: Option<String>,
    said: Option<String>,
) -> Result<Again, ApiError> {
    let workspace = workspace.as_deref().map(workspace_name).transpose()?;
    if let Some(workspace) = &workspace {
        let row = project.scheduler.run_get(run).await?;
        check_run(caller, (&project.name, &row.pipeline_name), workspace)?;
    }
    let by = Asker { name: by(caller, said)?, behalf: caller.behalf() };
    Ok(Again { by, workspace, idempotency_key: None })
}

/// Returns who did it: who is logged in, or on a server that asks nobody, what the client says.
pub(crate) fn by(caller: &Caller, said: Option<String>) -> Result<String, ApiError> {
    if caller.via != Via::Open {
        return Ok(caller.actor.clone());
    }
    let by = said.unwrap_or_default();
    let by = by.trim();
    if by.chars().count() > BY_CHARS_MAX || by.chars().any(char::is_control) {
        let detail =
            format!("`by` is longer than {BY_CHARS_MAX} characters or has control characters");
        return Err(ApiError::new(Code::InvalidJson, detail).hint("use a short name"));
    }
    Ok(if by.is_empty() { BY } else { by }.to_owned())
}
