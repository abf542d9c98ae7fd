//! Values of runs, values that are fixed when a pipeline is set, and secrets.

use serde_json::{Value, json};

use crate::kernel::{Script, compiled_with, request, run_program};

const SOURCE: &str = "
resources: [{name: r, type: mock, source: {url: ((url)), deep: [((db.password))], both: 'u:((user))@((host))'}}]
jobs:
- name: j
  plan:
  - {get: r, params: {n: ((count))}}
  - task: t
    attempts: ((tries))
    params: {TOKEN: ((token)), N: ((count)), OBJ: ((db)), MIXED: 'a ((token)) b', NOTHING: null, YES: true}
    config: {run: {path: ((shell)), args: ['$((1 + 2))', '((secret:own))', '((not a var))']}, params: {TOKEN: x, OTHER: y}}
";

fn works(args: Value) -> (Value, Value) {
    let mut request = request(SOURCE);
    let vars = json!({ "tries": 2, "count": 1, "host": "h", "unused": 1, "shell": "sh" });
    request.vars = serde_json::from_value(vars).unwrap();
    let compiled = compiled_with(&request);
    assert_eq!(compiled.open_vars, ["db", "token", "url", "user"]);
    assert!(!compiled.program.contains("unused"));
    let mut script = Script::default();
    script.input.args = serde_json::from_value(args).unwrap();
    let run = run_program(&compiled.program, &script);
    assert_eq!(run.start("j/2-t")["options"]["retry"]["attemptsMax"], 2);
    (run.start("j/1-r")["work"].clone(), run.start("j/2-t")["work"]["spec"].clone())
}

#[test]
fn what_has_no_value_is_a_secret() {
    let (get, task) = works(json!({}));
    assert_eq!(
        get["source"],
        json!({
            "url": "secret:url", "deep": ["secret:db.password"],
            "both": "u:((secret:user))@h",
        })
    );
    assert_eq!(get["params"], json!({ "n": 1 }));
    assert_eq!(
        task["env"],
        json!({
            "TOKEN": "secret:token", "N": "1", "OBJ": "secret:db", "MIXED": "a ((secret:token)) b",
            "NOTHING": "", "YES": "true", "OTHER": "y",
        })
    );
    assert_eq!(task["command"]["args"], json!(["$((1 + 2))", "((secret:own))", "((not a var))"]));
}

#[test]
fn arguments_of_the_run_win_and_keep_their_type() {
    let (get, task) = works(json!({ "count": 5, "db": { "password": "p" }, "shell": "bash" }));
    assert_eq!(get["params"], json!({ "n": 5 }));
    assert_eq!(get["source"]["deep"], json!(["p"]));
    assert_eq!(task["env"]["OBJ"], "{\"password\":\"p\"}");
    assert_eq!(task["command"]["path"], "bash");
}

#[test]
fn whole_maps_may_be_values() {
    let mut request = request(
        "
resources: [{name: r, type: mock, source: ((source))}]
jobs:
- name: j
  plan:
  - {get: r, params: ((params))}
  - {task: t, params: ((env)), config: ((config))}
",
    );
    let vars = json!({
        "source": { "a": 1 }, "env": { "A": "b" }, "config": { "run": { "path": "((shell))" } },
    });
    request.vars = serde_json::from_value(vars).unwrap();
    let mut script = Script::default();
    script.input.args =
        serde_json::from_value(json!({ "params": { "p": 1 }, "shell": "sh" })).unwrap();
    let run = run_program(&compiled_with(&request).program, &script);
    assert_eq!(run.start("check.r")["work"]["source"], json!({ "a": 1 }));
    assert_eq!(run.start("j/1-r")["work"]["params"], json!({ "p": 1 }));
    let spec = &run.start("j/2-t")["work"]["spec"];
    assert_eq!((&spec["env"]["A"], &spec["command"]["path"]), (&json!("b"), &json!("sh")));
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_of_its_step() {
    let source =
        "jobs: [{name: j, plan: [{task: t, config: {image: ((image)), run: {path: sh}}}]}]";
    let mut script = Script::default();
    script.input.args = serde_json::from_value(json!({ "image": { "not": "a text" } })).unwrap();
    let run = crate::kernel::run(source, &script);
    expect_test::expect![[r#"
        j/ errored (t: a value that it was given does not fit: invalid type: map, expected a string)
        j/1-t/ errored (a value that it was given does not fit: invalid type: map, expected a string)
        = errored (j: t: a value that it was given does not fit: invalid type: map, expected a string)
    "#]].assert_eq(&run.tree());
}
