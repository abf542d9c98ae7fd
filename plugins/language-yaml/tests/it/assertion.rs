//! Assertions.

use expect_test::expect;
use serde_json::json;

use crate::kernel::{Script, check, run};

fn task(assert: &str, more: &str) -> String {
    format!(
        "jobs: [{{name: j, plan: [{{task: t, config: {{run: {{path: sh}}}}, assert: {assert}{more}}}]}}]"
    )
}

#[test]
fn an_expected_exit_code_makes_a_step_green() {
    check(
        &task("{code: 3}", ""),
        "j/1-t exit 3",
        expect![[r#"
        j/
        j/1-t failed
        = succeeded
    "#]],
    );
    check(
        &task("{code: 3}", ""),
        "j/1-t exit 0",
        expect![[r#"
        j/ failed (t: assertion failed: code expected 3, found 0)
        j/1-t
        = failed (j: t: assertion failed: code expected 3, found 0)
    "#]],
    );
    check(
        &task("{code: 0}", ""),
        "j/1-t errored",
        expect![[r#"
        j/ errored (t: so it is scripted)
        j/1-t errored
        = errored (j: t: so it is scripted)
    "#]],
    );
}

#[test]
fn output_must_contain_what_is_asserted() {
    let said = "j/1-t says {\"code\":0,\"stdout\":\"hello world\",\"stderr\":\"\"}";
    check(
        &task("{stdout: hello}", ""),
        said,
        expect![[r#"
        j/
        j/1-t
        = succeeded
    "#]],
    );
    check(
        &task("{stdout: hello, stderr: warn}", ""),
        said,
        expect![[r#"
        j/ failed (t: assertion failed: stderr does not contain "warn")
        j/1-t
        = failed (j: t: assertion failed: stderr does not contain "warn")
    "#]],
    );
    check(
        &task("{stdout: hello}", ""),
        "j/1-t failed",
        expect![[r#"
        j/ failed (t: assertion failed: stdout does not contain "hello")
        j/1-t failed
        = failed (j: t: assertion failed: stdout does not contain "hello")
    "#]],
    );
    let bytes = |assert: &str| {
        run(&task(assert, ""), &Script::new(said)).start("j/1-t")["work"]["spec"]["captureBytes"]
            .clone()
    };
    assert_eq!((bytes("{stdout: hello}"), bytes("{code: 0}")), (json!(1_048_576), json!(0)));
}

#[test]
fn attempts_are_judged_by_the_assertion() {
    check(
        &task("{code: 1}", ", attempts: 2"),
        "*attempt/1/1-t exit 0\n*attempt/1 exit 0\n*attempt/2 exit 1",
        expect![[r#"
            j/
            j/1-t/
            j/1-t/attempt/1
            j/1-t/attempt/2 failed
            = succeeded
        "#]],
    );
}

#[test]
fn the_order_of_steps_can_be_asserted() {
    let source = |names: &str| {
        format!("
jobs:
- name: j
  assert: {{execution: {names}}}
  plan:
  - {{task: a, config: {{run: {{path: sh}}}}}}
  - {{task: b, config: {{run: {{path: sh}}}}, on_failure: {{task: c, config: {{run: {{path: sh}}}}}}}}
  - {{task: d, config: {{run: {{path: sh}}}}}}
")
    };
    check(
        &source("[a, b, d]"),
        "",
        expect![[r#"
        j/
        j/1-a
        j/2-b
        j/3-d
        = succeeded
    "#]],
    );
    check(
        &source("[a, b, c]"),
        "j/2-b failed",
        expect![[r#"
        j/
        j/1-a
        j/2-b failed
        j/2-b/on_failure/
        j/2-b/on_failure/1-c
        = succeeded
    "#]],
    );
    check(
        &source("[a, d]"),
        "",
        expect![[r#"
        j/ failed (assert.execution expected [a, d], found [a, b, d])
        j/1-a
        j/2-b
        j/3-d
        = failed (j: assert.execution expected [a, d], found [a, b, d])
    "#]],
    );
}

#[test]
fn the_order_inside_a_step_can_be_asserted() {
    let source = "
jobs:
- name: j
  plan:
  - {task: z, config: {run: {path: sh}}}
  - do: [{task: a, config: {run: {path: sh}}}, {task: b, config: {run: {path: sh}}}]
    assert: {execution: [a, b]}
";
    check(
        source,
        "",
        expect![[r#"
        j/
        j/1-z
        j/2-do/
        j/2-do/1-a
        j/2-do/2-b
        = succeeded
    "#]],
    );
    check(
        source,
        "*1-a failed",
        expect![[r#"
        j/ failed (assert.execution expected [a, b], found [a])
        j/1-z
        j/2-do/ failed (a: so it is scripted)
        j/2-do/1-a failed
        = failed (j: assert.execution expected [a, b], found [a])
    "#]],
    );
}

#[test]
fn the_order_of_jobs_can_be_asserted() {
    let source = |names: &str| {
        format!(
            "
assert: {{execution: {names}}}
jobs:
- {{name: b, depends_on: [a], plan: [{{task: t, config: {{run: {{path: sh}}}}}}]}}
- {{name: a, plan: [{{task: t, config: {{run: {{path: sh}}}}}}]}}
"
        )
    };
    check(
        &source("[a, b]"),
        "",
        expect![[r#"
        a/
        a/1-t
        b/
        b/1-t
        = succeeded
    "#]],
    );
    check(
        &source("[b, a]"),
        "",
        expect![[r#"
        a/
        a/1-t
        b/
        b/1-t
        = failed (assert.execution expected [b, a], found [a, b])
    "#]],
    );
    check(
        &source("[a]"),
        "a/1-t failed",
        expect![[r#"
        a/ failed (t: so it is scripted)
        a/1-t failed
        b/ skipped (a did not succeed)
        = failed (a: t: so it is scripted)
    "#]],
    );
}
