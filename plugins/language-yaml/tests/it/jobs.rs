//! Jobs, their order, and runs that are limited to some.

use expect_test::expect;
use serde_json::json;
use wit_envelope::language::Trigger;
use wit_envelope::machine::Status;

use crate::kernel::{Script, check, compiled, run};

/// lint and test beside each other, then package, then ship.
const DIAMOND: &str = "
resources: [{name: repo, type: mock}]
jobs:
- name: ship
  plan: [{get: repo, passed: [package]}]
- name: lint
  plan: [{get: repo}, {task: t, config: {run: {path: sh}}}]
- name: test
  plan: [{get: repo}, {task: t, config: {run: {path: sh}}}]
- name: package
  plan: [{get: repo, passed: [lint, test]}]
";

#[test]
fn independent_jobs_run_at_the_same_time() {
    check(
        DIAMOND,
        "",
        expect![[r#"
        lint/
        test/
        check.repo
        lint/1-repo
        test/1-repo
        lint/2-t
        test/2-t
        package/
        package/1-repo
        ship/
        ship/1-repo
        = succeeded
    "#]],
    );
    let two = "
jobs:
- {name: a, plan: [{task: t, config: {run: {path: sh}}}]}
- {name: b, plan: [{task: t, config: {run: {path: sh}}}]}
- {name: c, plan: [{task: t, config: {run: {path: sh}}}]}
";
    assert_eq!(run(two, &Script::default()).peak, 3);
    assert_eq!(run(&format!("max_in_flight: 2{two}"), &Script::default()).peak, 2);
}

#[test]
fn what_follows_a_job_that_did_not_succeed_is_skipped() {
    check(
        DIAMOND,
        "lint/2-t failed",
        expect![[r#"
        lint/ failed (t: so it is scripted)
        test/
        check.repo
        lint/1-repo
        test/1-repo
        lint/2-t failed
        test/2-t
        package/ skipped (lint did not succeed)
        ship/ skipped (package did not succeed)
        = failed (lint: t: so it is scripted)
    "#]],
    );
}

#[test]
fn the_compiled_plan_lists_jobs_and_what_they_need() {
    let jobs = compiled(DIAMOND).jobs;
    let text: Vec<String> =
        jobs.iter().map(|job| format!("{}<-{}", job.name, job.needs.join("+"))).collect();
    assert_eq!(text.join(" "), "ship<-package lint<- test<- package<-lint+test");
}

#[test]
fn a_limited_run_has_its_jobs_and_those_downstream() {
    let mut script = Script::default();
    script.input.jobs = vec!["package".to_owned()];
    script.facts.insert("passed/lint/repo".to_owned(), json!({ "ref": "7" }));
    script.facts.insert("passed/test/repo".to_owned(), json!({ "ref": "7" }));
    let run = run(DIAMOND, &script);
    expect![[r#"
        package/
        package/1-repo
        ship/
        ship/1-repo
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    assert_eq!(run.start("ship/1-repo")["work"]["version"], json!({ "ref": "7" }));
    assert_eq!(run.facts["passed/ship/repo"], json!({ "ref": "7" }));
}

#[test]
fn a_limited_run_without_a_passed_version_says_what_to_do() {
    let mut script = Script::default();
    script.input.jobs = vec!["package".to_owned()];
    script.facts.insert("passed/lint/repo".to_owned(), json!({ "ref": "7" }));
    expect![[r#"
        package/ errored (repo: no version of repo passed lint and test; run lint and test first, or as part of this run)
        package/1-repo/ errored (no version of repo passed lint and test; run lint and test first, or as part of this run)
        ship/ skipped (package did not succeed)
        = errored (package: repo: no version of repo passed lint and test; run lint and test first, or as part of this run)
    "#]].assert_eq(&run(DIAMOND, &script).tree());
}

#[test]
fn an_unknown_job_is_no_run() {
    let mut script = Script::default();
    script.input.jobs = vec!["nope".to_owned()];
    expect![[r#"
        = errored (the pipeline has no job "nope")
    "#]]
    .assert_eq(&run(DIAMOND, &script).tree());
}

#[test]
fn depends_on_orders_jobs_without_a_resource() {
    let source = "
jobs:
- {name: b, depends_on: [a], plan: [{task: t, config: {run: {path: sh}}}]}
- {name: a, plan: [{task: t, config: {run: {path: sh}}}]}
";
    check(
        source,
        "",
        expect![[r#"
        a/
        a/1-t
        b/
        b/1-t
        = succeeded
    "#]],
    );
}

#[test]
fn the_version_that_started_the_run_is_used() {
    let script = Script {
        trigger: Trigger {
            kind: "resource".to_owned(),
            by: "repo".to_owned(),
            data: json!({ "resource": "repo", "version": { "ref": "9" } }),
        },
        ..Script::default()
    };
    let run = run(DIAMOND, &script);
    assert_eq!(run.status(), Status::Succeeded);
    assert!(!run.started("check.repo"));
    assert_eq!(run.start("lint/1-repo")["work"]["version"], json!({ "ref": "9" }));
    assert_eq!(run.start("ship/1-repo")["work"]["version"], json!({ "ref": "9" }));
}
