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
