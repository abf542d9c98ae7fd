//! Steps that hold others, attempts and timeouts.

use expect_test::expect;
use serde_json::json;

use crate::kernel::{Script, check, run};

const T: &str = "config: {run: {path: sh}}";

fn job(plan: &str) -> String {
    format!("jobs:\n- name: build\n  plan:\n{}", plan.replace("$T", T))
}

#[test]
fn steps_run_one_after_the_other() {
    check(
        &job("  - {task: a, $T}\n  - {task: b, $T}\n"),
        "",
        expect![[r#"
            build/
            build/1-a
            build/2-b
            = succeeded
        "#]],
    );
}

#[test]
fn a_failed_step_stops_its_plan() {
    check(
        &job("  - {task: a, $T}\n  - {task: b, $T}\n"),
        "build/1-a exit 3",
        expect![[r#"
            build/ failed (a: exit code 3)
            build/1-a failed
            = failed (build: a: exit code 3)
        "#]],
    );
}

#[test]
fn try_absorbs_a_failure_and_the_plan_goes_on() {
    check(
        &job(
            "  - try: {task: a, $T}\n  - try:\n    - {task: b, $T}\n    - {task: c, $T}\n  - {task: d, $T}\n",
        ),
        "*1-a failed\n*1-b errored",
        expect![[r#"
            build/
            build/1-try/
            build/1-try/1-a failed
            build/2-try/
            build/2-try/1-b errored
            build/3-d
            = succeeded
        "#]],
    );
}

#[test]
fn do_is_a_plan_in_a_plan() {
    check(
        &job("  - do:\n    - {task: a, $T}\n    - do:\n      - {task: b, $T}\n  - {task: c, $T}\n"),
        "*1-b failed",
        expect![[r#"
            build/ failed (b: so it is scripted)
            build/1-do/ failed (b: so it is scripted)
            build/1-do/1-a
            build/1-do/2-do/ failed (b: so it is scripted)
            build/1-do/2-do/1-b failed
            = failed (build: b: so it is scripted)
        "#]],
    );
}

#[test]
fn in_parallel_runs_all_and_tells_the_worst() {
    check(
        &job(
            "  - in_parallel:\n    - {task: a, $T}\n    - {task: b, $T}\n    - {task: c, $T}\n  - {task: d, $T}\n",
        ),
        "*1-a failed\n*2-b errored",
        expect![[r#"
            build/ errored (b: so it is scripted)
            build/1-in_parallel/ errored (b: so it is scripted)
            build/1-in_parallel/1-a failed
            build/1-in_parallel/2-b errored
            build/1-in_parallel/3-c
            = errored (build: b: so it is scripted)
        "#]],
    );
}

#[test]
fn in_parallel_has_a_limit() {
    let plan = "  - in_parallel:\n      limit: 2\n      steps:\n      - {task: a, $T}\n      - {task: b, $T}\n      - {task: c, $T}\n      - {task: d, $T}\n";
    assert_eq!(run(&job(plan), &Script::default()).peak, 2);
    assert_eq!(run(&job(&plan.replace("      limit: 2\n", "")), &Script::default()).peak, 4);
}

#[test]
fn fail_fast_cancels_the_siblings_and_waits_for_them() {
    check(
        &job(
            "  - in_parallel:\n      fail_fast: true\n      limit: 2\n      steps:\n      - {task: a, $T}\n      - {task: b, $T}\n      - {task: c, $T}\n",
        ),
        "*1-a failed\n*2-b hang",
        expect![[r#"
            build/ failed (a: so it is scripted)
            build/1-in_parallel/ failed (a: so it is scripted)
            build/1-in_parallel/1-a failed
            build/1-in_parallel/2-b cancelled
            = failed (build: a: so it is scripted)
        "#]],
    );
}

#[test]
fn max_in_flight_of_a_job_limits_its_steps() {
    let source = "
jobs:
- name: build
  max_in_flight: 2
  plan:
  - in_parallel:
    - {task: a, config: {run: {path: sh}}}
    - {task: b, config: {run: {path: sh}}}
    - in_parallel:
      - {task: c, config: {run: {path: sh}}}
      - {task: d, config: {run: {path: sh}}}
";
    let run = run(source, &Script::default());
    assert_eq!(run.peak, 2);
    assert!(run.started("build/1-in_parallel/3-in_parallel/2-d"));
}

#[test]
fn attempts_and_timeout_of_a_task_are_left_to_the_kernel() {
    let run = run(
        &job("  - {task: a, attempts: 3, timeout: 1m30s, tags: [gpu], $T}\n"),
        &Script::default(),
    );
    let options = &run.start("build/1-a")["options"];
    assert_eq!(options["retry"]["attemptsMax"], 3);
    assert_eq!(options["retry"]["on"], json!(["failed", "errored", "timed-out"]));
    assert_eq!(options["timeoutMs"], 90_000);
    assert_eq!(options["requires"], json!(["gpu"]));
}

#[test]
fn a_succeeding_attempt_makes_the_step_succeed() {
    check(
        &job(
            "  - attempts: 3\n    do:\n    - {task: a, $T}\n    - {task: b, $T}\n  - {task: c, $T}\n",
        ),
        "build/1-do/attempt/1/2-b failed",
        expect![[r#"
            build/
            build/1-do/
            build/1-do/attempt/1/ failed (b: so it is scripted)
            build/1-do/attempt/1/1-a
            build/1-do/attempt/1/2-b failed
            build/1-do/attempt/2/
            build/1-do/attempt/2/1-a
            build/1-do/attempt/2/2-b
            build/2-c
            = succeeded
        "#]],
    );
}

#[test]
fn the_last_attempt_says_what_is_wrong() {
    check(
        &job("  - attempts: 2\n    do:\n    - {task: a, $T}\n"),
        "*attempt/1/1-a failed\n*attempt/2/1-a exit 7",
        expect![[r#"
            build/ failed (a: exit code 7)
            build/1-do/ failed (a: exit code 7)
            build/1-do/attempt/1/ failed (a: so it is scripted)
            build/1-do/attempt/1/1-a failed
            build/1-do/attempt/2/ failed (a: exit code 7)
            build/1-do/attempt/2/1-a failed
            = failed (build: a: exit code 7)
        "#]],
    );
}

#[test]
fn a_timeout_of_many_steps_cancels_them() {
    let mut script = Script::new("*1-a hang");
    script.timers_fire = true;
    let source = job(
        "  - timeout: 10s\n    do:\n    - {task: a, $T}\n    - {task: b, $T}\n    on_error: {task: e, $T}\n",
    );
    expect![[r#"
        build/ timed-out (do: took longer than 10s)
        build/1-do/ cancelled
        build/1-do/1-a cancelled
        build/1-do/on_error/
        build/1-do/on_error/1-e
        = timed-out (build: do: took longer than 10s)
    "#]]
    .assert_eq(&run(&source, &script).tree());
}

#[test]
fn a_timeout_that_is_not_needed_is_cancelled() {
    let run = run(&job("  - timeout: 10s\n    do: [{task: a, $T}]\n"), &Script::default());
    let text = format!("{:?}", run.commands);
    assert!(text.contains("TimerCancel"), "{text}");
}

#[test]
fn a_job_has_a_timeout() {
    let mut script = Script::new("*1-a hang");
    script.timers_fire = true;
    let source = "jobs: [{name: build, timeout: 1s, plan: [{task: a, config: {run: {path: sh}}}]}]";
    expect![[r#"
        build/ timed-out (took longer than 1s)
        build/1-a cancelled
        = timed-out (build: took longer than 1s)
    "#]]
    .assert_eq(&run(source, &script).tree());
}

#[test]
fn parallelism_makes_numbered_copies() {
    let run = run(&job("  - {task: a, parallelism: 2, $T}\n"), &Script::default());
    expect![[r#"
        build/
        build/1-a/
        build/1-a/1-a-1
        build/1-a/2-a-2
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    let env = &run.start("build/1-a/2-a-2")["work"]["spec"]["env"];
    assert_eq!(*env, json!({ "CI_TASK_INDEX": "2", "CI_TASK_COUNT": "2" }));
}
