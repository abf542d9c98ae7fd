//! Measures the store: appends, their latency, and lists of a million runs.
//!
//! `cargo run --release -p kernel-store-sqlite --example ingest [RUNS]`
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel_model::attempt::{AttemptEnd, AttemptEvent};
use kernel_model::event::{Event, Recorded, StepNo};
use kernel_model::id::{BootId, PipelineId, RunId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::pipeline::{PipelineDraft, PipelineStore};
use kernel_ports::run::{NewRun, RunAppend, RunFilter, RunStatus, RunStore};
use kernel_ports::store::Store;
use kernel_store_sqlite::SqliteStore;
use tokio::task::JoinSet;

const BOOT: BootId = BootId(1);
const APPENDS: u64 = 60_000;
const SEQUENTIAL: u64 = 1000;
const PIPELINES: u64 = 50;
const EPOCH: u64 = 1_700_000_000_000;
const PAGE: u32 = 50;
const PAGES: u64 = 100;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result {
    let runs = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;
    // On the disk where builds are, since /tmp may be in memory.
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    let path = folder.path().join("store.db");
    let store = Arc::new(SqliteStore::open(&path)?);
    pipelines(&store).await?;
    for tasks in [1, 64, 256] {
        appends(&store, tasks).await?;
    }
    sequential(&store).await?;
    fill(&store, runs).await?;
    println!("{} MB on disk", std::fs::metadata(&path)?.len() / 1_000_000);
    lists(&store, runs).await?;
    appends(&store, 64).await
}

fn name(i: u64) -> Result<Name> {
    Ok(Name::new(&format!("pipeline-{i}"))?)
}

fn workspace_name(i: u64) -> Result<WorkspaceName> {
    Ok(WorkspaceName::new(if i == 0 { "default" } else { "dev/joe" })?)
}

async fn pipelines(store: &SqliteStore) -> Result {
    for i in 0..PIPELINES {
        let draft = PipelineDraft {
            id: PipelineId(i.into()),
            name: name(i)?,
            language: "yaml".into(),
            file_name: "pipeline.yml".into(),
            source: "jobs: []".into(),
            vars: "{}".into(),
            compiled: "{}".into(),
            compiled_by: "sha256:0".into(),
            at: Time(EPOCH),
            seen: None,
        };
        store.pipeline_put(draft).await?;
    }
    Ok(())
}

fn new_run(ms: u64, rest: u128) -> Result<NewRun> {
    // Four of five runs are of one busy pipeline, and its runs are all polls but a few.
    let pipeline = if ms.is_multiple_of(5) { ms % PIPELINES } else { 1 };
    let workspace = u64::from(ms.is_multiple_of(4));
    let kind = if ms.is_multiple_of(997) { "manual" } else { "resource" };
    Ok(NewRun {
        id: RunId(u128::from(EPOCH + ms) << 80 | rest),
        pipeline: PipelineId(pipeline.into()),
        pipeline_name: name(pipeline)?,
        version: 1,
        workspace: WorkspaceId(workspace.into()),
        workspace_name: workspace_name(workspace)?,
        trigger: format!("{{\"kind\":\"{kind}\",\"by\":\"someone\"}}").into(),
        trigger_kind: kind.into(),
        input: "{\"jobs\":[\"build\"]}".into(),
        origin: None,
        at: Time(EPOCH + ms),
        idempotency_key: None,
        facts: vec![],
    })
}

fn append(run: RunId, seen: u64, status: RunStatus) -> RunAppend {
    let end = AttemptEnd::Succeeded { value: "{\"code\":0,\"truncated\":false}".into() };
    let event = AttemptEvent::Ended { token: Some(1), end };
    let value = "{\"code\":0,\"truncated\":false}".into();
    let events = [
        Event::Attempt { step: StepNo(1), attempt: 1, event },
        Event::StepEnded { step: StepNo(1), outcome: Outcome::Succeeded, message: None, value },
    ];
    RunAppend {
        run,
        boot: BOOT,
        seen,
        events: events.map(|event| Recorded { at: Time(EPOCH), event }).into(),
        language_state: None,
        status,
        message: None,
        started_at: Some(Time(EPOCH)),
        ended_at: None,
        wake_at: None,
        facts: vec![],
        results: vec![],
        artifacts: vec![],
    }
}

/// Appends from `tasks` runs at the same time.
async fn appends(store: &Arc<SqliteStore>, tasks: u64) -> Result {
    let each = if tasks == 1 { SEQUENTIAL } else { APPENDS / tasks };
    let mut ids = Vec::new();
    for i in 0..tasks {
        // A run of its own for each, newer than all others.
        let rest = u128::from(store.statements() + 1);
        ids.push(store.run_create(new_run(100_000_000 + i, rest)?).await?.0.id);
    }
    let begun = Instant::now();
    let mut set = JoinSet::new();
    for id in ids {
        let store = Arc::clone(store);
        set.spawn(async move {
            for i in 0..each {
                store.run_append(append(id, 2 * i, RunStatus::Running)).await?;
            }
            Result::Ok(())
        });
    }
    while let Some(done) = set.join_next().await {
        done??;
    }
    let rate = (tasks * each) as f64 / begun.elapsed().as_secs_f64();
    println!("{tasks:>4} runs append at once: {rate:>9.0} appends/s (2 events each)");
    Ok(())
}

async fn sequential(store: &SqliteStore) -> Result {
    let id = store.run_create(new_run(200_000_000, 0)?).await?.0.id;
    let mut times = Vec::new();
    for i in 0..SEQUENTIAL {
        let begun = Instant::now();
        store.run_append(append(id, 2 * i, RunStatus::Running)).await?;
        times.push(begun.elapsed());
    }
    print("one append after the other", times);
    Ok(())
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!("{what}: p50 {:.2?}, p95 {:.2?}, p99 {:.2?}", at(50), at(95), at(99));
}

/// Makes runs that have ended, all but a few.
async fn fill(store: &Arc<SqliteStore>, runs: u64) -> Result {
    let begun = Instant::now();
    let mut set = JoinSet::new();
    let tasks = 256;
    for task in 0..tasks {
        let store = Arc::clone(store);
        set.spawn(async move {
            let mut ms = task;
            while ms < runs {
                let id = store.run_create(new_run(ms, 1)?).await?.0.id;
                let status = match ms % 1000 {
                    0 => RunStatus::Queued,
                    1 => RunStatus::Waiting,
                    i if i % 10 == 2 => RunStatus::Ended(Outcome::Failed),
                    3 => RunStatus::Ended(Outcome::TimedOut),
                    _ => RunStatus::Ended(Outcome::Succeeded),
                };
                if status != RunStatus::Queued {
                    store.run_append(append(id, 0, status)).await?;
                }
                ms += tasks;
            }
            Result::Ok(())
        });
    }
    while let Some(done) = set.join_next().await {
        done??;
    }
    let rate = runs as f64 / begun.elapsed().as_secs_f64();
    println!("{runs} runs made and ended: {rate:.0} runs/s");
    Ok(())
}

async fn lists(store: &SqliteStore, runs: u64) -> Result {
    let failed = RunStatus::Ended(Outcome::Failed);
    let none = RunFilter::default;
    let busy = || Some(Name::new("pipeline-1").ok()).flatten();
    let rare = || Some(Name::new("pipeline-5").ok()).flatten();
    let dev = || workspace_name(1).ok();
    let day = |part: u64| Some(Time(EPOCH + runs * part / 10));
    let filters = [
        ("all", none()),
        ("busy pipeline", RunFilter { pipeline: busy(), ..none() }),
        ("rare pipeline", RunFilter { pipeline: rare(), ..none() }),
        ("workspace", RunFilter { workspace: dev(), ..none() }),
        ("workspace, rare pipeline", RunFilter { workspace: dev(), pipeline: rare(), ..none() }),
        ("failed", RunFilter { status: vec![failed], ..none() }),
        (
            "open",
            RunFilter {
                status: vec![RunStatus::Queued, RunStatus::Running, RunStatus::Waiting],
                ..none()
            },
        ),
        ("rare trigger", RunFilter { trigger_kind: Some("manual".into()), ..none() }),
        (
            "busy pipeline, rare trigger, failed or timed out",
            RunFilter {
                pipeline: busy(),
                trigger_kind: Some("manual".into()),
                status: vec![failed, RunStatus::Ended(Outcome::TimedOut)],
                ..none()
            },
        ),
        (
            "a tenth of the time",
            RunFilter { created_since: day(3), created_until: day(4), ..none() },
        ),
        (
            "busy pipeline, failed, a tenth of the time",
            RunFilter {
                pipeline: busy(),
                status: vec![failed],
                created_since: day(3),
                created_until: day(4),
                ..none()
            },
        ),
        ("a trigger that never was", RunFilter { trigger_kind: Some("no".into()), ..none() }),
    ];
    for (what, filter) in filters {
        let mut times = Vec::new();
        for page in 0..PAGES {
            let before = RunId(u128::from(EPOCH + runs - runs * page / PAGES) << 80);
            let filter = RunFilter { before: Some(before), ..filter.clone() };
            let begun = Instant::now();
            store.run_list(&filter, PAGE).await?;
            times.push(begun.elapsed());
        }
        print(&format!("list: {what}"), times);
    }
    let begun = Instant::now();
    let open = store.run_count_open().await?;
    println!("{open} open runs counted in {:.2?}", begun.elapsed());
    Ok(())
}
