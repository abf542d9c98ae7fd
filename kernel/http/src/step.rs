//! Steps of runs, and the logs of their attempts.

use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use kernel_model::event::StepNo;
use kernel_model::id::RunId;
use kernel_model::step::Step;
use kernel_ports::log::{LogKey, LogPage};
use kernel_scheduler::{RunTree, Scheduler, SchedulerError};
use kernel_wire as wire;
use kernel_wire::log::{ENDED_HEADER, NEXT_HEADER};

use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, In, Json, OptionalJson, Params, StepOf, StepSelector, Who, invalid};
use crate::near::nearest;
use crate::projects::Project;
use crate::run::by;
use crate::to_wire;

/// Bytes of a log in one answer.
const LOG_BYTES_DEFAULT: usize = 1 << 20;
const LOG_BYTES_MAX: usize = 8 << 20;

/// Show step
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/steps/{step}", tag = "steps", operation_id = "stepGet",
    params(
        ("run" = String, Path, description = "The run"),
        ("step" = String, Path, description = "Its number, or its path with %2F for each slash"),
    ),
    responses((status = 200, description = "The step, and what it was asked to do",
        body = wire::step::StepDetail)),
)]
pub(crate) async fn get(
    In(Project { scheduler, .. }): In,
    At(StepOf { run, step }): At<StepOf>,
) -> Result<Json<wire::step::StepDetail>, ApiError> {
    let tree = scheduler.run_tree(run).await?;
    let found = find(&tree, &step)?;
    let why = tree.steps_waiting.iter().find(|(no, _)| *no == found.no).map(|(_, why)| why);
    Ok(Json(to_wire::step_detail(found, why, scheduler.parts().clock.now())))
}

/// Cancel step
///
/// The pipeline decides what follows from that.
#[utoipa::path(
    post, path = "/api/v1/runs/{run}/steps/{step}/cancel", tag = "steps",
    operation_id = "stepCancel",
    params(
        ("run" = String, Path, description = "The run"),
        ("step" = String, Path, description = "Its number, or its path with %2F for each slash"),
    ),
    request_body = Option<wire::run::Asked>,
    responses((status = 202, description = "Asked to stop")),
)]
pub(crate) async fn cancel(
    In(Project { scheduler, .. }): In,
    Who(caller): Who,
    At(StepOf { run, step }): At<StepOf>,
    OptionalJson(asked): OptionalJson<wire::run::Asked>,
) -> Result<StatusCode, ApiError> {
    let by = by(&caller, asked.by)?;
    let no = number(&scheduler, run, &step).await?;
    scheduler.step_cancel(run, no, &by).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Show log of attempt
///
/// The bytes as they were printed, standard output and standard error in one. Where the size cap
/// dropped some, a line says how many. `tenon-log-next` is the offset to read on from;
/// `tenon-log-ended` says whether the log is complete.
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/steps/{step}/log", tag = "steps", operation_id = "stepLog",
    params(
        ("run" = String, Path, description = "The run"),
        ("step" = String, Path, description = "Its number, or its path with %2F for each slash"),
        ("attempt" = Option<u32>, Query, description = "From 1; the newest by default"),
        ("offset" = Option<u64>, Query, description = "In bytes, 0 by default"),
        ("limit" = Option<usize>, Query,
            description = "About how many bytes, 1 to 8388608, 1048576 by default"),
    ),
    responses((status = 200, description = "A piece of the log", body = String,
        content_type = "text/plain",
        headers(("tenon-log-next" = u64), ("tenon-log-ended" = bool)))),
)]
pub(crate) async fn log(
    In(Project { scheduler, .. }): In,
    At(StepOf { run, step }): At<StepOf>,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    let attempt = params.number::<u32>("attempt")?;
    let offset = params.number("offset")?.unwrap_or(0);
    let limit = params.number("limit")?.unwrap_or(LOG_BYTES_DEFAULT);
    params.finish()?;
    if !(1..=LOG_BYTES_MAX).contains(&limit) {
        return Err(invalid("limit", format_args!("{limit} is not between 1 and {LOG_BYTES_MAX}")));
    }
    let tree = scheduler.run_tree(run).await?;
    let key = log_key(run, find(&tree, &step)?, attempt)?;
    let page = scheduler.parts().logs.log_read(key, offset, limit).await?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (HeaderName::from_static(NEXT_HEADER), page.next.to_string()),
        (HeaderName::from_static(ENDED_HEADER), page.ended.to_string()),
    ];
    Ok((headers, text(offset, &page)))
}

/// Returns the step that is meant, or an error with a near path.
pub(crate) fn find<'a>(tree: &'a RunTree, step: &StepSelector) -> Result<&'a Step, ApiError> {
    let run = tree.row.id;
    let (found, name) = match step {
        StepSelector::Number(no) => (tree.run.step(*no), format!("number {}", no.0)),
        StepSelector::Path(path) => (tree.run.step_at(path), format!("{:?}", path.as_str())),
    };
    found.ok_or_else(|| {
        let err = ApiError::from(SchedulerError::StepUnknown { run, step: name });
        let StepSelector::Path(path) = step else { return err };
        let paths = tree.run.steps.iter().map(|step| step.node.path.as_str());
        err.near(nearest(path.as_str(), paths).map(|near| format!("{near:?}")))
    })
}

async fn number(
    scheduler: &Scheduler,
    run: RunId,
    step: &StepSelector,
) -> Result<StepNo, ApiError> {
    match step {
        StepSelector::Number(no) => Ok(*no),
        StepSelector::Path(_) => Ok(find(&scheduler.run_tree(run).await?, step)?.no),
    }
}

fn log_key(run: RunId, step: &Step, attempt: Option<u32>) -> Result<LogKey, ApiError> {
    let path = step.node.path.as_str();
    let Some(newest) = step.attempt() else {
        let detail = format!("{path:?} is a group, which prints nothing itself");
        return Err(ApiError::new(Code::AttemptUnknown, detail)
            .hint(format_args!("GET /api/v1/runs/{run}/logs?step={} has all in it", step.no.0)));
    };
    let attempt = attempt.unwrap_or(newest.number);
    if (1..=newest.number).contains(&attempt) {
        return Ok(LogKey { run, step: step.no, attempt });
    }
    let detail = format!("the step {path:?} has {} attempts, not {attempt}", newest.number);
    Err(ApiError::new(Code::AttemptUnknown, detail).hint("leave `attempt` out for the newest"))
}

/// Joins the pieces; a gap becomes a line that says how much was dropped.
fn text(offset: u64, page: &LogPage) -> Vec<u8> {
    let mut text = Vec::with_capacity(page.chunks.iter().map(|chunk| chunk.bytes.len()).sum());
    let mut at = offset;
    for chunk in &page.chunks {
        if chunk.offset > at {
            if text.last().is_some_and(|byte| *byte != b'\n') {
                text.push(b'\n');
            }
            let dropped = chunk.offset - at;
            text.extend_from_slice(
                format!("[{dropped} bytes were dropped here, as the log is too large]\n")
                    .as_bytes(),
            );
        }
        text.extend_from_slice(&chunk.bytes);
        at = chunk.offset + chunk.bytes.len() as u64;
    }
    text
}

#[cfg(test)]
mod tests;
