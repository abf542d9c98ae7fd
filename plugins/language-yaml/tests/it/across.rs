//! Matrices.

use expect_test::expect;
use serde_json::json;

use crate::kernel::{Script, check, run};

const TWO: &str = "
jobs:
- name: j
  plan:
  - across:
    - {var: os, values: [linux, mac], max_in_flight: all}
    - {var: v, values: [1, two]}
    task: t
    config:
      run: {path: sh, args: [((.:os)), 'x-((.:v))', ((.:v))]}
      params: {OS: ((.:os))}
";

#[test]
fn each_combination_runs_once() {
    let run = run(TWO, &Script::default());
    expect![[r#"
        j/
        j/1-t/
        j/1-t/1-linux/
        j/1-t/2-mac/
        j/1-t/1-linux/1-1
        j/1-t/2-mac/1-1
        j/1-t/1-linux/2-two
        j/1-t/2-mac/2-two
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    let command = &run.start("j/1-t/2-mac/1-1")["work"]["spec"]["command"];
    assert_eq!(command["args"], json!(["mac", "x-1", "1"]));
    assert_eq!(run.peak, 2, "all of the first, one after the other of the second");
}

#[test]
fn a_whole_value_keeps_its_type() {
    let source = "
resources: [{name: r, type: mock}]
jobs:
- name: j
  plan:
  - across: [{var: p, values: [{a: [1, true]}, {a: []}]}]
    get: r
    params: {whole: ((.:p)), part: ((.:p.a)), text: 'is ((.:p.a))'}
    attempts: 2
";
    let run = run(source, &Script::default());
    let starts = run.commands.iter().filter_map(|command| match command {
        wit_envelope::language::Command::Start {
            work: wit_envelope::language::Work::Resource { params, .. },
            kind,
            ..
        } if kind == "get" => Some(params.clone()),
        _ => None,
    });
    let starts: Vec<_> = starts.collect();
    assert_eq!(
        starts[0],
        json!({ "whole": { "a": [1, true] }, "part": [1, true], "text": "is [1,true]" })
    );
    assert_eq!(starts.len(), 2);
}

#[test]
fn values_shape_the_step() {
    let source = "
jobs:
- name: j
  plan:
  - across: [{var: n, values: [1, 3]}]
    task: t
    attempts: ((.:n))
    timeout: ((.:n))0s
    config: {run: {path: sh}}
";
    let run = run(source, &Script::default());
    let options = &run.start("j/1-t/2-3")["options"];
    assert_eq!(
        (&options["retry"]["attemptsMax"], &options["timeoutMs"]),
        (&json!(3), &json!(30_000))
    );
}

#[test]
fn max_in_flight_is_one_unless_it_says_more() {
    let source = |limit: &str| {
        format!(
            "jobs: [{{name: j, plan: [{{across: [{{var: x, values: [1, 2, 3, 4]{limit}}}], task: t, config: {{run: {{path: sh}}}}}}]}}]"
        )
    };
    assert_eq!(run(&source(""), &Script::default()).peak, 1);
    assert_eq!(run(&source(", max_in_flight: 3"), &Script::default()).peak, 3);
    assert_eq!(run(&source(", max_in_flight: all"), &Script::default()).peak, 4);
}

#[test]
fn fail_fast_stops_the_rest() {
    let source = "
jobs:
- name: j
  plan:
  - across: [{var: x, values: [a, b, c, d], max_in_flight: 2}]
    fail_fast: true
    do: [{task: 't-((.:x))', config: {run: {path: sh}}}]
    on_failure: {task: once, config: {run: {path: sh}}}
";
    check(
        source,
        "*1-t-a failed\n*1-t-b hang",
        expect![[r#"
        j/ failed (t-a: so it is scripted)
        j/1-do/ failed (t-a: so it is scripted)
        j/1-do/1-a/ failed (t-a: so it is scripted)
        j/1-do/2-b/ cancelled
        j/1-do/1-a/1-t-a failed
        j/1-do/2-b/1-t-b cancelled
        j/1-do/on_failure/
        j/1-do/on_failure/1-once
        = failed (j: t-a: so it is scripted)
    "#]],
    );
    check(
        &source.replace("    fail_fast: true\n", ""),
        "*1-t-a failed",
        expect![[r#"
        j/ failed (t-a: so it is scripted)
        j/1-do/ failed (t-a: so it is scripted)
        j/1-do/1-a/ failed (t-a: so it is scripted)
        j/1-do/2-b/
        j/1-do/1-a/1-t-a failed
        j/1-do/2-b/1-t-b
        j/1-do/3-c/
        j/1-do/3-c/1-t-c
        j/1-do/4-d/
        j/1-do/4-d/1-t-d
        j/1-do/on_failure/
        j/1-do/on_failure/1-once
        = failed (j: t-a: so it is scripted)
    "#]],
    );
}

#[test]
fn a_matrix_in_a_matrix_sees_both_values() {
    let source = "
jobs:
- name: j
  plan:
  - across: [{var: x, values: [[1, 2], [3]]}]
    do:
    - across: [{var: y, values: ((.:x))}]
      task: t
      config: {run: {path: sh, args: ['((.:x)) ((.:y))']}}
";
    let run = run(source, &Script::default());
    expect![[r#"
        j/
        j/1-do/
        j/1-do/1--1-2-/
        j/1-do/1--1-2-/1-t/
        j/1-do/1--1-2-/1-t/1-1
        j/1-do/1--1-2-/1-t/2-2
        j/1-do/2--3-/
        j/1-do/2--3-/1-t/
        j/1-do/2--3-/1-t/1-3
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    let path = "j/1-do/1--1-2-/1-t/2-2";
    assert_eq!(run.start(path)["work"]["spec"]["command"]["args"], json!(["[1,2] 2"]));
}
