//! Workspaces: what is inherited, what is not, and what becomes of runs.

use std::time::Duration;

use kernel_model::attempt::AttemptEnd;
use kernel_model::id::RunId;
use kernel_model::outcome::Outcome;
use kernel_model::workspace::{WorkspaceChange, WorkspaceName, WorkspaceState};
use kernel_ports::run::RunStatus;
use kernel_scheduler::waiting::Waiting;
use kernel_scheduler::{Again, RunTree, SchedulerError, Settings};
use serde_json::json;
use wit_envelope::policy::{Concurrency, ConcurrencyPolicy, Defer, ResultCache, StepOptions};

use super::script::{Script, Step};
use super::world::{self, World};

fn name(text: &str) -> WorkspaceName {
    WorkspaceName::new(text).unwrap()
}

impl World {
    async fn make(&self, called: &str, base: Option<&str>) {
        let base = base.map(name);
        self.scheduler.workspace_make(name(called), base.as_ref()).await.unwrap();
    }

    async fn become_(&self, called: &str, state: WorkspaceState) {
        let change = WorkspaceChange { base: None, state: Some(state) };
        self.scheduler.workspace_change(&name(called), &change, "ann").await.unwrap();
    }

    async fn ended_in(&self, called: &str, script: &Script) -> RunTree {
        self.set(script).await;
        self.ended(self.start_in(called).await.unwrap().id).await
    }
}

/// A step that counts under `key` and whose result is kept for later runs.
fn kept(key: &str, age_max_ms: Option<u64>) -> Script {
    let cache = ResultCache {
        key: key.into(),
        namespace: String::new(),
        version: String::new(),
        age_max_ms,
    };
    let options = StepOptions { cache: Some(cache), ..StepOptions::default() };
    Script::sequence([Step::action("s", "count", json!(key)).with(options)])
}

/// From which run the only step has its result.
fn taken_from(tree: &RunTree) -> Option<RunId> {
    match tree.run.steps[0].attempt().unwrap().state.end() {
        Some(AttemptEnd::Cached { from, .. }) => Some(*from),
        _ => None,
    }
}

#[tokio::test]
async fn results_flow_down_and_never_up() {
    let world = World::new().await;
    world.make("live", None).await;
    world.make("qa", Some("live")).await;
    world.make("dev/joe", Some("qa")).await;
    world.make("dev/ann", Some("qa")).await;
    // From the lowest up: nobody above or beside sees it.
    let own = world.ended_in("dev/joe", &kept("a", None)).await;
    for other in ["dev/ann", "live", "default"] {
        assert_eq!(taken_from(&world.ended_in(other, &kept("a", None)).await), None, "{other}");
    }
    // The own result is nearer than that of a base, though it is older.
    assert_eq!(taken_from(&world.ended_in("dev/joe", &kept("a", None)).await), Some(own.row.id));
    // From the highest down: all below see it, through those that have none.
    let high = world.ended_in("live", &kept("b", None)).await;
    for below in ["dev/joe", "qa", "dev/ann"] {
        let tree = world.ended_in(below, &kept("b", None)).await;
        assert_eq!(taken_from(&tree), Some(high.row.id), "{below}");
    }
    assert_eq!(taken_from(&world.ended_in("default", &kept("b", None)).await), None);
}

#[tokio::test]
async fn a_stale_result_of_ones_own_gives_way_to_a_fresh_one_of_the_base() {
    let world = World::new().await;
    world.make("dev", Some("default")).await;
    let own = world.ended_in("dev", &kept("a", None)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let base = world.ended_in("default", &kept("a", None)).await;
    let tree = world.ended_in("dev", &kept("a", Some(1_400))).await;
    assert_eq!(taken_from(&tree), Some(base.row.id));
    assert_eq!(taken_from(&world.ended_in("dev", &kept("a", None)).await), Some(own.row.id));
}

#[tokio::test]
async fn what_a_pipeline_remembers_is_inherited_until_it_remembers_better() {
    let world = World::new().await;
    world.make("dev", Some("default")).await;
    let knew = async |place: &str| {
        let tree = world.ended_in(place, &Script::remember()).await;
        tree.row.message.as_deref().unwrap().to_owned()
    };
    assert_eq!(knew("dev").await, "knew null");
    assert_eq!(knew("default").await, "knew null");
    assert_eq!(knew("default").await, "knew 1");
    world.make("dev/joe", Some("default")).await;
    assert_eq!(knew("dev/joe").await, "knew 1");
    // What is forgotten below stays forgotten there, and only there.
    let forgets = world.ended_in("dev/joe", &Script::forget()).await;
    assert_eq!(forgets.row.message.as_deref(), Some("knew 1"));
    assert_eq!(knew("dev/joe").await, "knew null");
    assert_eq!(knew("default").await, "knew 1");
}

#[tokio::test]
async fn a_language_is_told_where_a_run_is() {
    let world = World::new().await;
    world.make("dev/joe", None).await;
    let there = world.ended_in("dev/joe", &Script::place()).await;
    assert_eq!(there.row.message.as_deref(), Some("in Some(\"dev/joe\")"));
    let here = world.ended_in("default", &Script::place()).await;
    assert_eq!(here.row.message.as_deref(), Some("in None"));
}

#[tokio::test]
async fn keys_of_one_workspace_are_nothing_to_another() {
    let world = World::new().await;
    world.make("dev", None).await;
    let key =
        Concurrency { key: "deploy".into(), limit: 1, policy: ConcurrencyPolicy::CancelOldest };
    let options = StepOptions { concurrency: Some(key), ..StepOptions::default() };
    let hold = Script::sequence([Step::action("s", "sleep", json!(60_000)).with(options)]);
    world.set(&hold).await;
    let first = world.start_in("default").await.unwrap().id;
    world.until(first, world::one_runs).await;
    let second = world.start_in("dev").await.unwrap().id;
    world.until(second, world::one_runs).await;
    assert!(world::one_runs(&world.tree(first).await));
    for run in [first, second] {
        world.scheduler.run_cancel(run, "ann").await.unwrap();
        world.ended(run).await;
    }
    let defer = Some(Defer { key: "d".into(), quiet_ms: 100 });
    let options = StepOptions { defer, ..StepOptions::default() };
    world.set(&Script::sequence([Step::echo("s", json!(1)).with(options)])).await;
    let first = world.start_in("default").await.unwrap().id;
    world.until(first, |tree| tree.run.open_attempts().count() == 1).await;
    let second = world.start_in("dev").await.unwrap().id;
    for run in [first, second] {
        assert_eq!(world.ended(run).await.run.outcome(), Some(Outcome::Succeeded));
    }
}

#[tokio::test]
async fn a_run_is_run_again_where_it_was_or_below() {
    let world = World::new().await;
    world.make("live", None).await;
    world.make("qa", Some("live")).await;
    let script = Script::sequence([
        Step::action("once", "count", json!("again")),
        Step::action("flaky", "fail-until", json!(3)),
    ]);
    let first = world.ended_in("live", &script).await;
    let to = |place: Option<&str>| Again { workspace: place.map(name), ..Again::default() };
    let below = world.scheduler.run_retry(first.row.id, None, to(Some("qa"))).await.unwrap();
    assert_eq!((below.workspace_name.as_str(), below.origin), ("qa", Some(first.row.id)));
    let below = world.ended(below.id).await;
    assert_eq!(world.values(&below)["once"], json!(1));
    let same = world.scheduler.run_rerun(first.row.id, to(None)).await.unwrap();
    assert_eq!(same.workspace_name.as_str(), "live");
    world.ended(same.id).await;
    for above in ["live", "default"] {
        let err = world.scheduler.run_rerun(below.row.id, to(Some(above))).await.unwrap_err();
        assert!(matches!(err, SchedulerError::WorkspaceAside { .. }), "{err}");
    }
    world.become_("qa", WorkspaceState::Archived).await;
    let err = world.scheduler.run_retry(below.row.id, None, to(None)).await.unwrap_err();
    assert!(matches!(err, SchedulerError::WorkspaceGone { .. }), "{err}");
    // Nor is another one of the name the one that it was.
    world.make("qa", Some("live")).await;
    let err = world.scheduler.run_retry(below.row.id, None, to(Some("qa"))).await.unwrap_err();
    assert!(matches!(err, SchedulerError::WorkspaceAside { .. }), "{err}");
}

#[tokio::test]
async fn an_unknown_workspace_is_refused_with_the_near_one() {
    let world = World::new().await;
    world.make("dev/joe", None).await;
    world.set(&Script::sequence([])).await;
    let err = world.start_in("dev/jo").await.unwrap_err();
    let SchedulerError::Workspace { refusal, near } = &err else { panic!("{err}") };
    assert_eq!(refusal.to_string(), "there is no workspace \"dev/jo\"");
    assert_eq!(near.as_deref(), Some("dev/joe"));
    world.become_("dev/joe", WorkspaceState::Archived).await;
    assert!(world.start_in("dev/joe").await.is_err());
}

#[tokio::test]
async fn a_paused_workspace_queues_its_runs_and_holds_up_nobody() {
    let settings = Settings { queue_max: 2, ..Settings::default() };
    let world = World::with(settings).await;
    world.make("dev", None).await;
    world.set(&Script::sequence([Step::action("s", "sleep", json!(60_000))])).await;
    let before = world.start_in("dev").await.unwrap().id;
    world.until(before, world::one_runs).await;
    world.become_("dev", WorkspaceState::Paused).await;
    world.set(&Script::sequence([Step::echo("s", json!(1))])).await;
    let held = [world.start_in("dev").await.unwrap().id, world.start_in("dev").await.unwrap().id];
    let full = world.start_in("dev").await;
    assert!(matches!(full, Err(SchedulerError::QueueFull { limit: 2, .. })), "{full:?}");
    for _ in 0..3 {
        let other = world.start_in("default").await.unwrap().id;
        assert_eq!(world.ended(other).await.run.outcome(), Some(Outcome::Succeeded));
    }
    for run in held {
        let tree = world.tree(run).await;
        assert_eq!(tree.row.status, RunStatus::Queued);
        assert_eq!(tree.waiting, Some(Waiting::Paused { workspace: name("dev") }));
    }
    // What was in progress goes on, and what is queued can be cancelled.
    assert!(world::one_runs(&world.tree(before).await));
    world.scheduler.run_cancel(before, "ann").await.unwrap();
    world.ended(before).await;
    world.scheduler.run_cancel(held[0], "ann").await.unwrap();
    assert_eq!(world.ended(held[0]).await.run.outcome(), Some(Outcome::Cancelled));

    world.scheduler.drain(Duration::from_millis(50)).await;
    let world = world.restart().await;
    let tree = world.tree(held[1]).await;
    assert_eq!(tree.waiting, Some(Waiting::Paused { workspace: name("dev") }));
    world.become_("dev", WorkspaceState::Active).await;
    assert_eq!(world.ended(held[1]).await.run.outcome(), Some(Outcome::Succeeded));
}

#[tokio::test]
async fn what_was_held_begins_by_age_when_it_is_let_go() {
    let world = World::with(Settings { runs_max: 1, ..Settings::default() }).await;
    world.make("dev", None).await;
    world.become_("dev", WorkspaceState::Paused).await;
    world.set(&Script::sequence([Step::action("s", "sleep", json!(60_000))])).await;
    let blocker = world.start_in("default").await.unwrap().id;
    world.until(blocker, world::one_runs).await;
    world.set(&Script::sequence([Step::echo("s", json!(1))])).await;
    let mut runs = vec![];
    for place in ["dev", "default", "dev", "default"] {
        runs.push(world.start_in(place).await.unwrap().id);
    }
    world.become_("dev", WorkspaceState::Active).await;
    world.scheduler.run_cancel(blocker, "ann").await.unwrap();
    let mut begun = vec![];
    for run in &runs {
        begun.push((world.ended(*run).await.row.started_at, *run));
    }
    begun.sort();
    let order: Vec<RunId> = begun.into_iter().map(|(_, run)| run).collect();
    assert_eq!(order, runs);
}

#[tokio::test]
async fn an_archived_workspace_ends_its_runs_and_frees_its_name() {
    let world = World::with(Settings { runs_max: 2, ..Settings::default() }).await;
    world.make("dev", Some("default")).await;
    world.set(&kept("a", None)).await;
    world.ended(world.start_in("dev").await.unwrap().id).await;
    world.set(&Script::sequence([Step::action("s", "sleep", json!(60_000))])).await;
    let other = world.start_in("default").await.unwrap().id;
    world.until(other, world::one_runs).await;
    let running = world.start_in("dev").await.unwrap().id;
    world.until(running, world::one_runs).await;
    let queued = world.start_in("dev").await.unwrap().id;
    world.become_("dev", WorkspaceState::Archived).await;
    for run in [running, queued] {
        let tree = world.ended(run).await;
        assert_eq!(tree.run.outcome(), Some(Outcome::Cancelled));
        let by = tree.run.cancel_by.as_deref().map(str::to_owned);
        assert_eq!(by.as_deref(), Some("ann, who archived the workspace"));
    }
    assert!(world::one_runs(&world.tree(other).await));
    world.scheduler.run_cancel(other, "ann").await.unwrap();
    // A new one of the name begins with nothing.
    world.make("dev", None).await;
    let tree = world.ended_in("dev", &kept("a", None)).await;
    assert_eq!((taken_from(&tree), world.values(&tree)["s"].clone()), (None, json!(2)));
}

#[tokio::test]
async fn what_inherits_is_named_before_its_base_is_archived() {
    let world = World::new().await;
    world.make("live", None).await;
    world.make("qa", Some("live")).await;
    world.become_("qa", WorkspaceState::Paused).await;
    let change = WorkspaceChange { base: None, state: Some(WorkspaceState::Archived) };
    let refused = world.scheduler.workspace_change(&name("live"), &change, "ann").await;
    assert_eq!(refused.unwrap_err().to_string(), "\"live\" is the base of qa");
}

#[tokio::test]
async fn a_server_that_stops_while_it_archives_ends_the_runs_when_it_starts() {
    let world = World::new().await;
    world.make("dev", None).await;
    world.set(&Script::sequence([Step::action("s", "sleep", json!(60_000))])).await;
    let running = world.start_in("dev").await.unwrap().id;
    world.until(running, world::one_runs).await;
    world.become_("dev", WorkspaceState::Paused).await;
    let queued = world.start_in("dev").await.unwrap().id;
    let dev = world.scheduler.workspace_get(&name("dev")).unwrap();
    world.scheduler.drain(Duration::from_millis(50)).await;
    // It got as far as to the store.
    let archived = kernel_model::workspace::Workspace { state: WorkspaceState::Archived, ..dev };
    world.scheduler.parts().store.workspace_put(archived).await.unwrap();
    let world = world.restart().await;
    for run in [running, queued] {
        assert_eq!(world.ended(run).await.run.outcome(), Some(Outcome::Cancelled));
    }
}
