//! What steps of a job hand on to each other.

use expect_test::expect;
use serde_json::json;

use crate::kernel::{Script, check, run};

#[test]
fn volumes_belong_to_their_job() {
    let job = |name: &str| {
        format!(
            "- name: {name}\n  plan:\n  - {{task: make, config: {{outputs: [{{name: out}}], run: {{path: sh}}}}}}\n  - {{task: use, config: {{inputs: [{{name: out}}], run: {{path: sh}}}}}}\n"
        )
    };
    let source = format!("jobs:\n{}{}", job("a"), job("b b"));
    let run = run(&source, &Script::default());
    let volume = |path: &str| run.start(path)["work"]["spec"]["mounts"][0]["volume"].clone();
    assert_eq!((volume("a/2-use"), volume("b-b/2-use")), (json!("a/out"), json!("b-b/out")));
}

#[test]
fn what_a_failed_step_made_is_there_for_hooks_but_what_never_ran_made_nothing() {
    let source = "
jobs:
- name: j
  plan:
  - task: make
    config: {outputs: [{name: out}], run: {path: sh}}
    ensure: {task: use, config: {inputs: [{name: out}], run: {path: sh}}}
";
    check(
        source,
        "j/1-make failed",
        expect![[r#"
        j/ failed (make: so it is scripted)
        j/1-make failed
        j/1-make/ensure/
        j/1-make/ensure/1-use
        = failed (j: make: so it is scripted)
    "#]],
    );
    check(
        source,
        "j/1-make errored",
        expect![[r#"
        j/ errored (make: so it is scripted)
        j/1-make errored
        j/1-make/ensure/ errored (use: missing inputs: out)
        j/1-make/ensure/1-use/ errored (missing inputs: out)
        = errored (j: make: so it is scripted)
    "#]],
    );
}

#[test]
fn copies_fill_one_output_together_and_have_caches_of_their_own() {
    let source = "
jobs:
- name: j
  plan:
  - {task: t, parallelism: 2, config: {outputs: [{name: out}], caches: [{path: c}], run: {path: sh}}}
  - {task: t, config: {outputs: [{name: out}], run: {path: sh}}}
";
    let run = run(source, &Script::default());
    let work = |path: &str| run.start(path)["work"].clone();
    let (one, two) = (work("j/1-t/1-t-1"), work("j/1-t/2-t-2"));
    assert_eq!(one["spec"]["mounts"], two["spec"]["mounts"]);
    assert_ne!(one["caches"][0]["key"], two["caches"][0]["key"]);
    assert_ne!(one["caches"][0]["volume"], two["caches"][0]["volume"]);
    assert_eq!(work("j/2-t")["spec"]["mounts"][0]["volume"], "j/out.2");
}

#[test]
fn an_optional_input_that_is_not_there_is_not_shown() {
    let source = "jobs: [{name: j, plan: [{task: t, config: {inputs: [{name: maybe, optional: true}], run: {path: sh}}}]}]";
    assert_eq!(run(source, &Script::default()).start("j/1-t")["work"]["spec"]["mounts"], json!([]));
}
