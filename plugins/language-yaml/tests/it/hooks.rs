//! Each hook for each outcome.

use std::fmt::Write;

use expect_test::expect;
use wit_envelope::machine::Status;

use crate::kernel::{Script, run};

const HOOKS: [&str; 5] = ["on_success", "on_failure", "on_abort", "on_error", "ensure"];

fn hooked(indent: &str) -> String {
    let mut text = String::new();
    for hook in HOOKS {
        writeln!(text, "{indent}{hook}: {{task: h, config: {{run: {{path: sh}}}}}}").unwrap();
    }
    text
}

fn of_step() -> String {
    format!(
        "jobs:\n- name: j\n  plan:\n  - task: t\n    config: {{run: {{path: sh}}}}\n{}  - {{task: next, config: {{run: {{path: sh}}}}}}\n",
        hooked("    ")
    )
}

fn of_job() -> String {
    format!(
        "jobs:\n- name: j\n  plan: [{{task: t, config: {{run: {{path: sh}}}}}}]\n{}",
        hooked("  ")
    )
}

/// Lists which hooks ran for each outcome of the step, and how the run ended.
fn table(source: &str, at: &str, scripted: &str) -> String {
    let mut table = String::new();
    for outcome in ["succeeded", "failed", "errored", "timed-out", "cancelled"] {
        let run = run(source, &Script::new(&format!("j/1-t {outcome}\n{scripted}")));
        let ran: Vec<&str> =
            HOOKS.into_iter().filter(|hook| run.started(&format!("{at}/{hook}"))).collect();
        writeln!(table, "{outcome}: {} -> {:?}", ran.join(" "), run.status()).unwrap();
    }
    table
}

#[test]
fn hooks_of_a_step_by_its_outcome() {
    expect![[r#"
        succeeded: on_success ensure -> Succeeded
        failed: on_failure ensure -> Failed
        errored: on_error ensure -> Errored
        timed-out: on_error ensure -> TimedOut
        cancelled: on_abort ensure -> Cancelled
    "#]]
    .assert_eq(&table(&of_step(), "j/1-t", ""));
}

#[test]
fn hooks_of_a_job_by_its_outcome() {
    assert_eq!(table(&of_job(), "j", ""), table(&of_step(), "j/1-t", ""));
}

#[test]
fn a_failing_hook_makes_a_success_red_and_the_next_hooks_see_it() {
    expect![[r#"
        succeeded: on_success on_failure ensure -> Failed
        failed: on_failure ensure -> Failed
        errored: on_error ensure -> Errored
        timed-out: on_error ensure -> TimedOut
        cancelled: on_abort ensure -> Cancelled
    "#]]
    .assert_eq(&table(&of_step(), "j/1-t", "*on_success/1-h failed"));
}

#[test]
fn a_failing_ensure_makes_a_success_red_and_leaves_others_as_they_are() {
    expect![[r#"
        succeeded: on_success ensure -> Errored
        failed: on_failure ensure -> Failed
        errored: on_error ensure -> Errored
        timed-out: on_error ensure -> TimedOut
        cancelled: on_abort ensure -> Cancelled
    "#]]
    .assert_eq(&table(&of_step(), "j/1-t", "*ensure/1-h errored"));
}

#[test]
fn a_hook_never_makes_a_failure_green() {
    for hooks in ["on_failure", "on_error", "on_abort", "ensure"] {
        let source = format!(
            "jobs: [{{name: j, plan: [{{task: t, config: {{run: {{path: sh}}}}, {hooks}: {{task: h, config: {{run: {{path: sh}}}}}}}}, {{task: next, config: {{run: {{path: sh}}}}}}]}}]"
        );
        for outcome in ["failed", "errored", "timed-out", "cancelled"] {
            let run = run(&source, &Script::new(&format!("j/1-t {outcome}")));
            assert_ne!(run.status(), Status::Succeeded, "{hooks} {outcome}");
            assert!(!run.started("j/2-next"), "{hooks} {outcome}");
        }
    }
}

#[test]
fn a_hook_may_hold_many_steps_and_have_hooks() {
    let source = "
jobs:
- name: j
  plan:
  - task: t
    config: {run: {path: sh}}
    on_failure:
      do:
      - task: a
        config: {run: {path: sh}}
        ensure: {task: b, config: {run: {path: sh}}}
      - in_parallel: [{task: c, config: {run: {path: sh}}}]
";
    expect![[r#"
        j/ failed (t: so it is scripted)
        j/1-t failed
        j/1-t/on_failure/
        j/1-t/on_failure/1-a
        j/1-t/on_failure/1-a/ensure/
        j/1-t/on_failure/1-a/ensure/1-b
        j/1-t/on_failure/2-in_parallel/
        j/1-t/on_failure/2-in_parallel/1-c
        = failed (j: t: so it is scripted)
    "#]]
    .assert_eq(&run(source, &Script::new("j/1-t failed")).tree());
}

#[test]
fn hooks_of_a_retried_step_run_once_after_all() {
    let source = "
jobs:
- name: j
  plan:
  - do: [{task: t, config: {run: {path: sh}}}]
    attempts: 2
    on_failure: {task: f, config: {run: {path: sh}}}
    on_success: {task: s, config: {run: {path: sh}}}
";
    expect![[r#"
        j/
        j/1-do/
        j/1-do/attempt/1/ failed (t: so it is scripted)
        j/1-do/attempt/1/1-t failed
        j/1-do/attempt/2/
        j/1-do/attempt/2/1-t
        j/1-do/on_success/
        j/1-do/on_success/1-s
        = succeeded
    "#]]
    .assert_eq(&run(source, &Script::new("*attempt/1/1-t failed")).tree());
}
