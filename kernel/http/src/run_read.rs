//! Looking at runs.

use axum::response::Response;
use kernel_model::id::RunId;
use kernel_model::name::Name;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::{RunFilter, RunRow, RunStatus};
use kernel_wire as wire;
use kernel_wire::page::Page;
use kernel_wire::time::Timestamp;

use crate::error::ApiError;
use crate::extract::{At, In, Json, LastEventId, Params, StepSelector, Who, invalid, word};
use crate::follow::{self, Cursor, EventFeed, LogFeed, LogWish, Stopping};
use crate::layer::gate::may_view_run;
use crate::projects::Project;
use crate::{page, step, to_wire};

const TRIGGERS: [&str; 8] =
    ["manual", "resource", "retry", "rerun", "schedule", "webhook", "completion", "gateway"];

/// List runs, newest first
#[utoipa::path(
    get, path = "/api/v1/runs", tag = "runs", operation_id = "runList",
    params(
        ("pipeline" = Option<String>, Query, description = "Only runs of this pipeline"),
        ("workspace" = Option<String>, Query, description = "Only runs in this workspace"),
        ("status" = Option<String>, Query,
            description = "Only runs that stand so; several with commas or repeated"),
        ("trigger" = Option<String>, Query, description = "Only runs that exist for this reason"),
        ("since" = Option<String>, Query, description = "Only runs made at this time or later"),
        ("until" = Option<String>, Query, description = "Only runs made at this time or earlier"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 500 items, 50 by default"),
    ),
    responses((status = 200, description = "A page", body = Page<wire::run::Run>)),
)]
pub(crate) async fn list(
    In(Project { name, scheduler, .. }): In,
    Who(caller): Who,
    mut params: Params,
) -> Result<Json<Page<wire::run::Run>>, ApiError> {
    let filter = filter(&mut params)?;
    let limit = params.limit()?;
    params.finish()?;
    let store = &scheduler.parts().store;
    let found = page::seen(
        filter.before,
        limit + 1,
        |before: Option<RunId>| {
            let filter = RunFilter { before, ..filter.clone() };
            async move { store.run_list(&filter, limit + 1).await }
        },
        |row: &RunRow| row.id,
        |row| may_view_run(&caller, &name, row),
    )
    .await?;
    let now = scheduler.parts().clock.now();
    let cursor = |last: &RunRow| last.id.to_string();
    Ok(Json(page::cut(found, limit, cursor, |row| to_wire::run(row, now))))
}

/// Show run
#[utoipa::path(
    get, path = "/api/v1/runs/{run}", tag = "runs", operation_id = "runGet",
    params(("run" = String, Path, description = "The run")),
    responses((status = 200, description = "The run", body = wire::run::Run)),
)]
pub(crate) async fn get(
    In(Project { scheduler, .. }): In,
    At(run): At<RunId>,
) -> Result<Json<wire::run::Run>, ApiError> {
    let row = scheduler.run_get(run).await?;
    Ok(Json(to_wire::run(&row, scheduler.parts().clock.now())))
}

/// Show run with its steps
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/tree", tag = "runs", operation_id = "runTree",
    params(("run" = String, Path, description = "The run")),
    responses((status = 200, description = "The run, its steps, their attempts, and what they wait for",
        body = wire::run::RunTree)),
)]
pub(crate) async fn tree(
    In(Project { scheduler, .. }): In,
    At(run): At<RunId>,
) -> Result<Json<wire::run::RunTree>, ApiError> {
    let tree = scheduler.run_tree(run).await?;
    Ok(Json(to_wire::run_tree(&tree, scheduler.parts().clock.now())))
}

/// Follow history of run
///
/// Server-sent events: `event` with what happened (its id is its place in the history), then `end`
/// with the ended run. Goes on behind `Last-Event-ID` or `after`.
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/events", tag = "runs", operation_id = "runEvents",
    params(
        ("run" = String, Path, description = "The run"),
        ("after" = Option<u64>, Query, description = "The place of the last event that is known"),
        ("follow" = Option<bool>, Query,
            description = "false: end when all that has happened so far was said"),
        ("last-event-id" = Option<String>, Header, description = "Wins over `after`"),
    ),
    responses((status = 200, description = "Events; the data of each is JSON",
        body = wire::event::RunEvent, content_type = "text/event-stream")),
)]
pub(crate) async fn events(
    In(Project { scheduler, .. }): In,
    At(run): At<RunId>,
    LastEventId(last): LastEventId,
    stopping: Stopping,
    mut params: Params,
) -> Result<Response, ApiError> {
    let after = params.number::<u64>("after")?.unwrap_or(0);
    let follow = params.flag("follow", true)?;
    params.finish()?;
    let after = match last {
        None => after,
        Some(id) => id.parse().map_err(|_| foreign_id(&id))?,
    };
    let row = scheduler.run_get(run).await?;
    if after > row.seq {
        let reason = format_args!("{run} has {} events, not {after}", row.seq);
        return Err(invalid("after", reason));
    }
    Ok(follow::answer(EventFeed::new(scheduler, run, after, follow, stopping)))
}

/// Follow logs of run
///
/// Server-sent events: `log` with a piece of a log, all attempts merged by time, then `end` with
/// the ended run. Goes on behind `Last-Event-ID`.
#[utoipa::path(
    get, path = "/api/v1/runs/{run}/logs", tag = "runs", operation_id = "runLogs",
    params(
        ("run" = String, Path, description = "The run"),
        ("step" = Option<String>, Query,
            description = "The number or path of a step, or of a group with all in it"),
        ("follow" = Option<bool>, Query,
            description = "false: end when all that was printed so far was said"),
        ("last-event-id" = Option<String>, Header, description = "Where to go on"),
    ),
    responses((status = 200, description = "Pieces of logs; the data of each is JSON",
        body = wire::log::LogChunk, content_type = "text/event-stream")),
)]
pub(crate) async fn logs(
    In(Project { scheduler, .. }): In,
    At(run): At<RunId>,
    LastEventId(last): LastEventId,
    stopping: Stopping,
    mut params: Params,
) -> Result<Response, ApiError> {
    let step = params.one("step")?.map(|text| StepSelector::parse(&text)).transpose()?;
    let follow = params.flag("follow", true)?;
    params.finish()?;
    let cursor = match last {
        None => Cursor::default(),
        Some(id) => id.parse().map_err(|()| foreign_id(&id))?,
    };
    let row = scheduler.run_get(run).await?;
    if let (Some(step), RunStatus::Ended(_)) = (&step, row.status) {
        // A run in progress may get the step later.
        step::find(&scheduler.run_tree(run).await?, step)?;
    }
    Ok(follow::answer(LogFeed::new(scheduler, run, LogWish { step, follow, cursor }, stopping)))
}

fn foreign_id(id: &str) -> ApiError {
    let detail = format!("Last-Event-ID {id:?} does not come from this stream");
    ApiError::new(crate::code::Code::InvalidHeader, detail)
        .hint("leave it out to begin from the start")
}

fn filter(params: &mut Params) -> Result<RunFilter, ApiError> {
    let pipeline = params.one("pipeline")?.map(|name| Name::new(&name)).transpose();
    let workspace = params.one("workspace")?.map(|name| WorkspaceName::new(&name)).transpose();
    let known = wire::status::RunStatus::ALL.map(wire::status::RunStatus::word);
    let status = params.many("status");
    let status = status.iter().map(|found| word("status", found, status_of, &known));
    let trigger = params.one("trigger")?;
    if let Some(found) = &trigger {
        word("trigger", found, |text| TRIGGERS.contains(&text).then_some(()), &TRIGGERS)?;
    }
    let time = |time: Timestamp| Time(time.ms);
    Ok(RunFilter {
        pipeline: pipeline.map_err(|err| invalid("pipeline", format_args!("{err}")))?,
        workspace: workspace.map_err(|err| invalid("workspace", format_args!("{err}")))?,
        status: status.collect::<Result<_, _>>()?,
        trigger_kind: trigger,
        created_since: params.parsed("since")?.map(time),
        created_until: params.parsed("until")?.map(time),
        before: params.parsed("cursor")?,
    })
}

fn status_of(word: &str) -> Option<RunStatus> {
    match word {
        "queued" => Some(RunStatus::Queued),
        "running" => Some(RunStatus::Running),
        "waiting" => Some(RunStatus::Waiting),
        word => Outcome::parse(word).map(RunStatus::Ended),
    }
}
