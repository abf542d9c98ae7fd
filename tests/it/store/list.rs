//! Lists of runs.

use std::sync::Arc;

use kernel_model::id::{RunId, WorkspaceId};
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::{NewRun, RunAppend, RunFilter, RunRow, RunStatus};
use kernel_ports::store::Store;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use super::draft::{append, name, new_run, notes, pipeline, run_id};

const NAMES: [&str; 3] = ["a", "b", "c"];
const PLACES: [&str; 3] = ["default", "dev/joe", "dev/ann"];
const KINDS: [&str; 3] = ["manual", "resource", "retry"];
const RUNS: u64 = 120;
const FILTERS: usize = 250;
/// Where the times of the runs begin.
const EPOCH: u64 = 1_700_000_000_000;

fn statuses() -> Vec<RunStatus> {
    let open = [RunStatus::Queued, RunStatus::Running, RunStatus::Waiting];
    open.into_iter().chain(Outcome::ALL.map(RunStatus::Ended)).collect()
}

fn generated<T: std::fmt::Debug>(runner: &mut TestRunner, of: &impl Strategy<Value = T>) -> T {
    of.new_tree(runner).unwrap().current()
}

/// Makes runs of all kinds, `skew_ms` at the most between id and time; returns them newest first.
async fn fill(store: &dyn Store, runner: &mut TestRunner, skew_ms: u64) -> Vec<RunRow> {
    let mut pipelines = Vec::new();
    for (i, called) in (1..).zip(NAMES) {
        pipelines.push(pipeline(store, called, i).await);
    }
    let places = select(&PLACES[..]).prop_map(|place| WorkspaceName::new(place).unwrap());
    let kinds = (
        select(pipelines),
        select(&KINDS[..]),
        select(statuses()),
        places,
        0..1000_u64,
        0..=skew_ms,
    );
    for i in 0..RUNS {
        let (made, kind, status, place, ms, skew) = generated(runner, &kinds);
        let id = run_id(EPOCH + ms, u128::from(i));
        let at = EPOCH + ms + skew - skew_ms / 2;
        let new = NewRun {
            trigger_kind: kind.into(),
            workspace: WorkspaceId(u128::from(!place.is_default())),
            workspace_name: place,
            ..new_run(&made, id, at)
        };
        store.run_create(new).await.unwrap();
        if status != RunStatus::Queued {
            let to = RunAppend { status, ..append(id, 0, notes(0, 1)) };
            store.run_append(to).await.unwrap();
        }
    }
    let all = store.run_list(&RunFilter::default(), u32::MAX).await.unwrap();
    assert_eq!(all.len() as u64, RUNS);
    assert!(all.is_sorted_by(|a, b| a.id > b.id));
    all
}

fn filters(all: &[RunRow]) -> impl Strategy<Value = RunFilter> + use<> {
    let ids: Vec<RunId> = all.iter().map(|row| row.id).collect();
    let time = || option::of((0..1100_u64).prop_map(|ms| Time(EPOCH - 50 + ms)));
    let status = vec(select(statuses()), 0..4);
    (
        option::of(select(&["a", "b", "c", "none"][..])),
        status,
        option::of(select(&["manual", "resource", "retry", "none"][..])),
        time(),
        time(),
        option::of(select(ids)),
        option::of(select(&["default", "dev/joe", "dev"][..])),
    )
        .prop_map(|(pipeline, status, kind, since, until, before, workspace)| RunFilter {
            pipeline: pipeline.map(name),
            workspace: workspace.map(|name| WorkspaceName::new(name).unwrap()),
            status,
            trigger_kind: kind.map(str::to_owned),
            created_since: since,
            created_until: until,
            before,
        })
}

/// The same by looking at each run.
fn naive(all: &[RunRow], filter: &RunFilter) -> Vec<RunRow> {
    let mut found = all.to_vec();
    found.retain(|row| filter.pipeline.as_ref().is_none_or(|name| *name == row.pipeline_name));
    found.retain(|row| filter.workspace.as_ref().is_none_or(|name| *name == row.workspace_name));
    found.retain(|row| filter.status.is_empty() || filter.status.contains(&row.status));
    found.retain(|row| filter.trigger_kind.as_ref().is_none_or(|k| **k == *row.trigger_kind));
    found.retain(|row| filter.created_since.is_none_or(|since| row.created_at >= since));
    found.retain(|row| filter.created_until.is_none_or(|until| row.created_at <= until));
    found.retain(|row| filter.before.is_none_or(|before| row.id < before));
    found
}

async fn filters_hold(store: &dyn Store, skew_ms: u64) {
    let mut runner = TestRunner::new(Config::default());
    let all = fill(store, &mut runner, skew_ms).await;
    let filters = filters(&all);
    let mut hits = 0;
    for _ in 0..FILTERS {
        let filter = generated(&mut runner, &filters);
        let mut want = naive(&all, &filter);
        hits += usize::from(!want.is_empty());
        let found = store.run_list(&filter, u32::MAX).await.unwrap();
        assert_eq!(found, want, "{filter:?}");
        want.truncate(5);
        assert_eq!(store.run_list(&filter, 5).await.unwrap(), want, "{filter:?}");
    }
    assert!(hits > FILTERS / 20, "only {hits} filters found anything");
}

pub(super) async fn any_filter_finds_what_a_look_at_all_finds(store: Arc<dyn Store>) {
    filters_hold(store.as_ref(), 4).await;
}

pub(super) async fn ranges_hold_when_ids_and_times_disagree(store: Arc<dyn Store>) {
    filters_hold(store.as_ref(), 900).await;
}

pub(super) async fn pages_together_are_the_whole_list(store: Arc<dyn Store>) {
    let mut runner = TestRunner::new(Config::default());
    let all = fill(store.as_ref(), &mut runner, 4).await;
    let filter = RunFilter {
        status: vec![RunStatus::Queued, RunStatus::Ended(Outcome::Failed), RunStatus::Running],
        ..RunFilter::default()
    };
    let mut found: Vec<RunRow> = Vec::new();
    loop {
        let page = RunFilter { before: found.last().map(|row| row.id), ..filter.clone() };
        let page = store.run_list(&page, 7).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, naive(&all, &filter));
}

pub(super) async fn runs_are_listed_from_the_newest(store: Arc<dyn Store>) {
    let made = pipeline(store.as_ref(), "a", 1).await;
    for ms in [3, 1, 2] {
        store.run_create(new_run(&made, run_id(ms, 0), ms)).await.unwrap();
    }
    let found = store.run_list(&RunFilter::default(), 2).await.unwrap();
    let ids: Vec<RunId> = found.iter().map(|row| row.id).collect();
    assert_eq!(ids, [run_id(3, 0), run_id(2, 0)]);
    assert!(store.run_list(&RunFilter::default(), 0).await.unwrap().is_empty());
}

pub(super) async fn open_runs_are_listed_from_the_oldest_and_counted(store: Arc<dyn Store>) {
    let mut runner = TestRunner::new(Config::default());
    let all = fill(store.as_ref(), &mut runner, 4).await;
    let mut want = all;
    want.retain(|row| !matches!(row.status, RunStatus::Ended(_)));
    want.reverse();
    assert_eq!(store.run_count_open().await.unwrap(), want.len() as u64);
    let mut found: Vec<RunRow> = Vec::new();
    loop {
        let after = found.last().map(|row| row.id);
        let page = store.run_list_open(after, 9).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found, want);
}
