//! What the scheduler promises, on a small scripted language and step machine.

mod script;
mod workspace;
mod world;

use std::time::Duration;

use kernel_model::attempt::AttemptEnd;
use kernel_model::outcome::Outcome;
use kernel_ports::run::RunStatus;
use kernel_scheduler::waiting::Waiting;
use kernel_scheduler::{Again, SchedulerError, Settings};
use serde_json::json;
use wit_envelope::machine::Status;
use wit_envelope::policy::{
    Concurrency, ConcurrencyPolicy, Defer, ResultCache, Retry, StepOptions,
};

use script::{Script, Step};
use world::World;

fn retry(attempts_max: u32) -> StepOptions {
    StepOptions { retry: Retry { attempts_max, ..Retry::default() }, ..StepOptions::default() }
}

fn again() -> Again {
    Again { by: "ann".into(), ..Again::default() }
}

fn key(policy: ConcurrencyPolicy) -> StepOptions {
    let concurrency = Some(Concurrency { key: "k".into(), limit: 1, policy });
    StepOptions { concurrency, ..StepOptions::default() }
}

#[tokio::test]
async fn steps_run_in_order_and_see_what_came_before() {
    let world = World::new().await;
    let run =
        world.run(Script::sequence([Step::echo("a", json!(1)), Step::echo("b", json!(2))])).await;
    let tree = world.ended(run).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Succeeded));
    assert_eq!(world.values(&tree), json!({ "a": 1, "b": 2 }));
    assert!(tree.run.steps[0].attempt().unwrap().ended_at <= Some(tree.run.steps[1].opened_at));
}

#[tokio::test]
async fn a_step_that_fails_twice_succeeds_in_its_third_attempt() {
    let world = World::new().await;
    let step = Step::action("flaky", "fail-until", json!(3)).with(retry(3));
    let tree = world.ended(world.run(Script::sequence([step])).await).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Succeeded));
    assert_eq!(tree.run.steps[0].work.as_ref().unwrap().attempts.len(), 3);
}

#[tokio::test]
async fn a_failure_that_retrying_cannot_help_is_not_retried() {
    let world = World::new().await;
    let step = Step::action("no", "refuse", json!(null)).with(retry(5));
    let tree = world.ended(world.run(Script::sequence([step])).await).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Failed));
    assert_eq!(tree.run.steps[0].work.as_ref().unwrap().attempts.len(), 1);
}

#[tokio::test]
async fn retries_choose_by_the_kind_of_failure() {
    let world = World::new().await;
    let only_errors = Retry { attempts_max: 3, on: vec![Status::Errored], ..Retry::default() };
    let options = StepOptions { retry: only_errors, ..StepOptions::default() };
    let step = Step::action("no", "fail-until", json!(2)).with(options);
    let tree = world.ended(world.run(Script::sequence([step])).await).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Failed));
}

#[tokio::test]
async fn a_step_that_takes_too_long_times_out() {
    let world = World::new().await;
    let options =
        StepOptions { timeout_ms: Some(50), grace_ms: Some(20), ..StepOptions::default() };
    let step = Step::action("long", "sleep", json!(60_000)).with(options);
    let tree = world.ended(world.run(Script::sequence([step])).await).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::TimedOut));
}

#[tokio::test]
async fn cancelling_a_run_asks_its_steps_first_and_then_ends_them() {
    let world = World::new().await;
    let polite = Step::action("polite", "sleep", json!(60_000));
    let options = StepOptions { grace_ms: Some(50), ..StepOptions::default() };
    let stubborn = Step::action("stubborn", "deaf", json!(60_000)).with(options);
    let run = world.run(Script::parallel([polite, stubborn])).await;
    world
        .until(run, |tree| {
            tree.run.open_attempts().filter(|(_, a)| a.state.lease().is_some()).count() == 2
        })
        .await;
    world.scheduler.run_cancel(run, "ann").await.unwrap();
    let tree = world.ended(run).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Cancelled));
    for step in &tree.run.steps {
        let end = step.attempt().unwrap().state.end();
        assert!(matches!(end, Some(AttemptEnd::Cancelled { .. })), "{end:?}");
    }
    let again = world.scheduler.run_cancel(run, "ann").await;
    assert!(matches!(again, Err(SchedulerError::RunEnded { .. })));
}

#[tokio::test]
async fn cancelling_one_step_leaves_the_others_alone() {
    let world = World::new().await;
    let steps = [Step::action("long", "sleep", json!(60_000)), Step::echo("short", json!(1))];
    let run = world.run(Script::parallel(steps)).await;
    world
        .until(run, |tree| tree.run.steps.len() == 2 && tree.run.steps[1].outcome().is_some())
        .await;
    let long = world.tree(run).await.run.steps[0].no;
    world.scheduler.step_cancel(run, long, "ann").await.unwrap();
    let tree = world.ended(run).await;
    assert_eq!(tree.run.steps[0].outcome(), Some(Outcome::Cancelled));
    assert_eq!(tree.run.steps[1].outcome(), Some(Outcome::Succeeded));
}

#[tokio::test]
async fn a_delayed_run_sleeps_and_goes_on_by_itself() {
    let world = World::new().await;
    let options = StepOptions { delay_ms: 1_500, ..StepOptions::default() };
    let run = world.run(Script::sequence([Step::echo("later", json!(1)).with(options)])).await;
    let tree = world.until(run, |tree| tree.row.status == RunStatus::Waiting).await;
    assert!(tree.row.wake_at.is_some());
    assert!(matches!(tree.steps_waiting[0].1, Waiting::Until { .. }));
    let tree = world.ended(run).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Succeeded));
    let attempt = tree.run.steps[0].attempt().unwrap();
    assert!(attempt.started_at.unwrap().since_ms(attempt.created_at) >= 1_500);
}

#[tokio::test]
async fn a_sleeping_run_can_be_cancelled() {
    let world = World::new().await;
    let options = StepOptions { delay_ms: 600_000, ..StepOptions::default() };
    let run = world.run(Script::sequence([Step::echo("later", json!(1)).with(options)])).await;
    world.until(run, |tree| tree.row.status == RunStatus::Waiting).await;
    world.scheduler.run_cancel(run, "ann").await.unwrap();
    assert_eq!(world.ended(run).await.run.outcome(), Some(Outcome::Cancelled));
}

#[tokio::test]
async fn a_cached_result_is_taken_until_it_is_too_old() {
    let world = World::new().await;
    let cache = |age_max_ms| StepOptions {
        cache: Some(ResultCache {
            key: "k".into(),
            namespace: "n".into(),
            version: "1".into(),
            age_max_ms,
        }),
        ..StepOptions::default()
    };
    let step =
        |options| Script::sequence([Step::action("s", "count", json!("cached")).with(options)]);
    let first = world.ended(world.run(step(cache(None))).await).await;
    assert_eq!(world.values(&first), json!({ "s": 1 }));
    let second = world.ended(world.run(step(cache(Some(600_000)))).await).await;
    assert_eq!(world.values(&second), json!({ "s": 1 }));
    let end = second.run.steps[0].attempt().unwrap().state.end();
    assert!(matches!(end, Some(AttemptEnd::Cached { from, .. }) if *from == first.row.id));
    let third = world.ended(world.run(step(cache(Some(0)))).await).await;
    assert_ne!(third.row.id, first.row.id);
    // Written at least one millisecond ago, so it is older than 0 ms.
    assert_eq!(world.values(&third), json!({ "s": 2 }));
}

#[tokio::test]
async fn steps_with_one_memo_key_do_the_work_once() {
    let world = World::new().await;
    let memo = || StepOptions { memo: Some("m".into()), ..StepOptions::default() };
    let steps = ["a", "b", "c"].map(|name| Step::action(name, "count", json!("memo")).with(memo()));
    let tree = world.ended(world.run(Script::parallel(steps)).await).await;
    assert_eq!(world.values(&tree), json!({ "a": 1, "b": 1, "c": 1 }));
}

#[tokio::test]
async fn when_the_one_with_the_memo_key_fails_the_next_does_the_work() {
    let world = World::new().await;
    let memo = || StepOptions { memo: Some("m".into()), ..StepOptions::default() };
    let steps = [
        Step::action("a", "refuse", json!(null)).with(memo()),
        Step::action("b", "count", json!("memo2")).with(memo()),
    ];
    let tree = world.ended(world.run(Script::parallel(steps)).await).await;
    assert_eq!(tree.run.steps[0].outcome(), Some(Outcome::Failed));
    assert_eq!(tree.run.steps[1].outcome(), Some(Outcome::Succeeded));
}

#[tokio::test]
async fn of_deferred_steps_only_the_newest_runs() {
    let world = World::new().await;
    let defer = || StepOptions {
        defer: Some(Defer { key: "d".into(), quiet_ms: 300 }),
        ..StepOptions::default()
    };
    let script = || Script::sequence([Step::action("s", "count", json!("defer")).with(defer())]);
    let first = world.run(script()).await;
    world.until(first, |tree| tree.run.open_attempts().count() == 1).await;
    let second = world.run(script()).await;
    let first = world.ended(first).await;
    let end = first.run.steps[0].attempt().unwrap().state.end();
    assert!(matches!(end, Some(AttemptEnd::Deferred { to }) if *to == second), "{end:?}");
    assert_eq!(world.values(&world.ended(second).await), json!({ "s": 1 }));
}

#[tokio::test]
async fn a_taken_key_queues_and_says_who_holds_it() {
    let world = World::new().await;
    let hold = Script::sequence([
        Step::action("hold", "sleep", json!(400)).with(key(ConcurrencyPolicy::Queue))
    ]);
    let first = world.run(hold).await;
    world.until(first, world::one_runs).await;
    let second = world
        .run(Script::sequence([Step::echo("next", json!(1)).with(key(ConcurrencyPolicy::Queue))]))
        .await;
    let tree = world.until(second, |tree| !tree.steps_waiting.is_empty()).await;
    let Waiting::Key { holders, .. } = &tree.steps_waiting[0].1 else { panic!("{tree:?}") };
    assert_eq!(holders[0].0, first);
    let (first, second) = (world.ended(first).await, world.ended(second).await);
    assert!(
        first.run.steps[0].attempt().unwrap().ended_at
            <= second.run.steps[0].attempt().unwrap().started_at
    );
}

#[tokio::test]
async fn the_other_policies_of_a_taken_key_hold() {
    let world = World::new().await;
    let hold =
        |policy| Script::sequence([Step::action("hold", "sleep", json!(60_000)).with(key(policy))]);
    let oldest = world.run(hold(ConcurrencyPolicy::Queue)).await;
    world.until(oldest, world::one_runs).await;
    let rejected = world.ended(world.run(hold(ConcurrencyPolicy::Reject)).await).await;
    assert_eq!(rejected.run.outcome(), Some(Outcome::Errored));
    let newest = world.ended(world.run(hold(ConcurrencyPolicy::CancelNewest)).await).await;
    assert_eq!(newest.run.outcome(), Some(Outcome::Cancelled));
    let successor = world.run(hold(ConcurrencyPolicy::CancelOldest)).await;
    assert_eq!(world.ended(oldest).await.run.outcome(), Some(Outcome::Cancelled));
    world.until(successor, world::one_runs).await;
    world.scheduler.run_cancel(successor, "ann").await.unwrap();
    world.ended(successor).await;
}

#[tokio::test]
async fn urgent_steps_go_first_and_the_rest_is_told_why_it_waits() {
    let world = World::with(Settings { attempts_max: 1, ..Settings::default() }).await;
    let first = world.run(Script::sequence([Step::action("hold", "sleep", json!(300))])).await;
    world.until(first, world::one_runs).await;
    let with = |priority| StepOptions { priority, ..StepOptions::default() };
    let low = world.run(Script::sequence([Step::echo("low", json!(1)).with(with(0))])).await;
    let tree = world.until(low, |tree| !tree.steps_waiting.is_empty()).await;
    let want = Waiting::Slot { in_use: 1, limit: 1, ahead: 0 };
    assert_eq!(tree.steps_waiting[0].1, want);
    let high = world.run(Script::sequence([Step::echo("high", json!(1)).with(with(9))])).await;
    let (low, high) = (world.ended(low).await, world.ended(high).await);
    let started =
        |tree: &kernel_scheduler::RunTree| tree.run.steps[0].attempt().unwrap().started_at;
    assert!(started(&high) <= started(&low));
}

#[tokio::test]
async fn a_step_that_needs_a_tag_waits_and_says_so() {
    let world = World::new().await;
    let options = StepOptions { requires: vec!["gpu".into()], ..StepOptions::default() };
    let run = world.run(Script::sequence([Step::echo("s", json!(1)).with(options)])).await;
    let tree = world.until(run, |tree| !tree.steps_waiting.is_empty()).await;
    assert_eq!(tree.steps_waiting[0].1, Waiting::Tags { missing: vec!["gpu".into()] });
    world.scheduler.run_cancel(run, "ann").await.unwrap();
    assert_eq!(world.ended(run).await.run.outcome(), Some(Outcome::Cancelled));
}

#[tokio::test]
async fn runs_queue_up_and_a_full_queue_refuses() {
    let settings = Settings { runs_max: 1, queue_max: 1, ..Settings::default() };
    let world = World::with(settings).await;
    let long = || Script::sequence([Step::action("hold", "sleep", json!(60_000))]);
    let first = world.run(long()).await;
    world.until(first, world::one_runs).await;
    let second = world.run(long()).await;
    let tree = world.tree(second).await;
    let want = Waiting::Runs { position: 0, in_progress: 1, limit: 1 };
    assert_eq!(tree.waiting, Some(want));
    let third = world.try_run(long()).await;
    assert!(matches!(third, Err(SchedulerError::QueueFull { limit: 1, .. })), "{third:?}");
    world.scheduler.run_cancel(second, "ann").await.unwrap();
    assert_eq!(world.ended(second).await.run.outcome(), Some(Outcome::Cancelled));
    world.scheduler.run_cancel(first, "ann").await.unwrap();
    world.ended(first).await;
}

#[tokio::test]
async fn a_retry_reuses_what_succeeded() {
    let world = World::new().await;
    let script = Script::sequence([
        Step::action("once", "count", json!("retry")),
        Step::action("flaky", "fail-until", json!(2)),
    ]);
    let first = world.ended(world.run(script).await).await;
    assert_eq!(first.run.outcome(), Some(Outcome::Failed));
    let row = world.scheduler.run_retry(first.row.id, None, again()).await.unwrap();
    let second = world.ended(row.id).await;
    assert_eq!(second.run.outcome(), Some(Outcome::Succeeded), "{second:#?}");
    assert_eq!(world.values(&second), json!({ "once": 1, "flaky": 2 }));
    assert_eq!(second.row.origin, Some(first.row.id));
    let from = kernel_model::name::StepPath::new("once").unwrap();
    let row = world.scheduler.run_retry(first.row.id, Some(&from), again()).await.unwrap();
    assert_eq!(world.values(&world.ended(row.id).await)["once"], json!(2));
}

#[tokio::test]
async fn draining_keeps_what_was_not_done_for_the_next_start() {
    let world = World::new().await;
    let script = Script::sequence([
        Step::echo("a", json!(1)),
        Step::action("long", "sleep-once", json!(60_000)),
        Step::echo("c", json!(3)),
    ]);
    let run = world.run(script).await;
    world.until(run, |tree| tree.run.steps.len() == 2 && world::one_runs(tree)).await;
    world.scheduler.drain(Duration::from_millis(50)).await;
    assert!(matches!(world.try_run(Script::sequence([])).await, Err(SchedulerError::Draining)));
    let world = world.restart().await;
    let tree = world.ended(run).await;
    assert_eq!(tree.run.outcome(), Some(Outcome::Succeeded), "{tree:#?}");
    let attempts = |i: usize| tree.run.steps[i].work.as_ref().unwrap().attempts.len();
    assert_eq!((attempts(0), attempts(1), attempts(2)), (1, 2, 1));
}

#[tokio::test]
async fn a_language_that_gets_stuck_or_talks_nonsense_errors_its_run() {
    let world = World::new().await;
    let stuck = world.ended(world.run(Script::stuck()).await).await;
    assert_eq!(stuck.run.outcome(), Some(Outcome::Errored));
    let nonsense = world.ended(world.run(Script::nonsense()).await).await;
    assert_eq!(nonsense.run.outcome(), Some(Outcome::Errored));
    assert!(nonsense.row.message.unwrap().contains("there is no ghost"));
}

#[tokio::test]
async fn an_idempotent_start_makes_one_run() {
    let world = World::new().await;
    let script = Script::sequence([Step::echo("a", json!(1))]);
    let (first, is_new) = world.start(&script, Some("key")).await.unwrap();
    let (second, is_new_again) = world.start(&script, Some("key")).await.unwrap();
    assert_eq!((first.id, is_new, is_new_again), (second.id, true, false));
    world.ended(first.id).await;
}

#[tokio::test]
async fn a_pipeline_remembers_facts_between_runs() {
    let world = World::new().await;
    let first = world.ended(world.run(Script::remember()).await).await;
    let second = world.ended(world.run(Script::remember()).await).await;
    assert_eq!(first.row.message.as_deref(), Some("knew null"));
    assert_eq!(second.row.message.as_deref(), Some("knew 1"));
}
