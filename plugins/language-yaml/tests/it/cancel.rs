//! Somebody stops a run.

use expect_test::{Expect, expect};

use crate::kernel::{Script, run};

#[track_caller]
fn check(source: &str, script: &str, at: &str, want: Expect) {
    let mut script = Script::new(script);
    script.cancel_at = Some(at.to_owned());
    want.assert_eq(&run(source, &script).tree());
}

const HOOKED: &str = "
jobs:
- name: a
  plan:
  - task: t
    config: {run: {path: sh}}
    on_abort: {task: abort, config: {run: {path: sh}}}
    on_failure: {task: failure, config: {run: {path: sh}}}
    ensure: {task: tidy, config: {run: {path: sh}}}
  - {task: next, config: {run: {path: sh}}}
  ensure: {task: job-tidy, config: {run: {path: sh}}}
- name: b
  plan: [{get: repo, passed: [c]}]
- name: c
  plan: [{get: repo}]
  on_abort: {task: abort, config: {run: {path: sh}}}
resources: [{name: repo, type: mock}]
";

#[test]
fn running_steps_are_cancelled_and_hooks_still_run() {
    check(
        HOOKED,
        "",
        "a/1-t",
        expect![[r#"
        a/ cancelled
        c/ cancelled
        check.repo cancelled
        a/1-t cancelled
        b/ skipped (the run was cancelled)
        c/1-repo/ cancelled
        c/on_abort/
        c/on_abort/1-abort
        a/1-t/on_abort/
        a/1-t/on_abort/1-abort
        a/1-t/ensure/
        a/1-t/ensure/1-tidy
        a/ensure/
        a/ensure/1-job-tidy
        = cancelled
    "#]],
    );
}

#[test]
fn an_ensure_that_runs_is_left_to_end() {
    check(
        HOOKED,
        "",
        "a/1-t/ensure/1-tidy",
        expect![[r#"
        a/ cancelled
        c/ cancelled
        check.repo
        a/1-t
        c/1-repo cancelled
        a/1-t/ensure/
        a/1-t/ensure/1-tidy
        b/ skipped (the run was cancelled)
        c/on_abort/
        c/on_abort/1-abort
        a/ensure/
        a/ensure/1-job-tidy
        = cancelled
    "#]],
    );
}

#[test]
fn siblings_and_those_that_wait_are_cancelled() {
    let source = "
jobs:
- name: a
  max_in_flight: 1
  plan:
  - in_parallel:
    - {task: x, config: {run: {path: sh}}}
    - {task: y, config: {run: {path: sh}}}
  - try: {task: z, config: {run: {path: sh}}}
";
    check(
        source,
        "",
        "a/1-in_parallel/1-x",
        expect![[r#"
        a/ cancelled
        a/1-in_parallel/ cancelled
        a/1-in_parallel/1-x cancelled
        a/1-in_parallel/2-y/ cancelled
        = cancelled
    "#]],
    );
}

#[test]
fn try_and_attempts_do_not_absorb_a_cancellation() {
    let source = "
jobs:
- name: a
  plan:
  - try:
      attempts: 3
      do: [{task: x, config: {run: {path: sh}}}]
  - {task: z, config: {run: {path: sh}}}
";
    check(
        source,
        "",
        "a/1-try/1-do/attempt/1/1-x",
        expect![[r#"
        a/ cancelled
        a/1-try/ cancelled
        a/1-try/1-do/ cancelled
        a/1-try/1-do/attempt/1/ cancelled
        a/1-try/1-do/attempt/1/1-x cancelled
        = cancelled
    "#]],
    );
}

#[test]
fn a_step_that_somebody_stops_stops_its_plan() {
    let source = "jobs: [{name: a, plan: [{try: {task: x, config: {run: {path: sh}}}}, {task: z, config: {run: {path: sh}}}]}]";
    expect![[r#"
        a/ cancelled (x: so it is scripted)
        a/1-try/ cancelled (x: so it is scripted)
        a/1-try/1-x cancelled
        = cancelled (a: x: so it is scripted)
    "#]]
    .assert_eq(&run(source, &Script::new("*1-x cancelled")).tree());
}
