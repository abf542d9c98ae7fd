//! Gets and puts: checks, versions, volumes, and images that speak the protocol of resources.

use expect_test::expect;
use serde_json::{Value, json};
use wit_envelope::language::Trigger;
use wit_envelope::machine::Status;

use crate::kernel::{Script, check, compiled, run};

fn with(plan: &str) -> String {
    format!(
        "resources: [{{name: repo, type: git, source: {{uri: u}}}}, {{name: image, type: mock}}]\njobs:\n- name: j\n  plan:\n{plan}"
    )
}

#[test]
fn a_get_checks_once_and_fetches_the_latest() {
    let run = run(
        &with("  - {get: repo}\n  - {get: again, resource: repo, params: {depth: 1}}\n"),
        &Script::default(),
    );
    expect![[r#"
        j/
        check.repo
        j/1-repo
        j/2-again
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    assert_eq!(
        run.start("j/1-repo")["work"],
        json!({
            "kind": "resource", "operation": "get", "resource": "git", "source": { "uri": "u" },
            "params": null, "version": { "ref": "2" }, "volume": "j/repo",
        })
    );
    let again = &run.start("j/2-again")["work"];
    assert_eq!((&again["volume"], &again["params"]), (&json!("j/again"), &json!({ "depth": 1 })));
}

#[test]
fn a_failed_check_is_an_error_of_its_gets() {
    check(
        &with("  - {get: repo}\n"),
        "check.repo failed",
        expect![[r#"
        j/ errored (repo: the check of repo did not succeed: so it is scripted)
        check.repo failed
        j/1-repo/ errored (the check of repo did not succeed: so it is scripted)
        = errored (j: repo: the check of repo did not succeed: so it is scripted)
    "#]],
    );
}

#[test]
fn a_check_without_versions_is_an_error() {
    check(
        &with("  - {get: repo}\n"),
        "check.repo says {\"versions\":[]}",
        expect![[r#"
        j/ errored (repo: the check of repo found no versions)
        check.repo
        j/1-repo/ errored (the check of repo found no versions)
        = errored (j: repo: the check of repo found no versions)
    "#]],
    );
}

#[test]
fn a_pinned_version_needs_no_check() {
    for plan in ["  - {get: repo, version: {ref: abc}}\n", "  - {get: pinned}\n"] {
        let source = with(plan).replace(
            "resources: [",
            "resources: [{name: pinned, type: mock, version: {ref: abc}}, ",
        );
        let run = run(&source, &Script::default());
        assert_eq!(run.status(), Status::Succeeded);
        let name = if plan.contains("pinned") { "pinned" } else { "repo" };
        assert!(!run.started(&format!("check.{name}")));
        assert_eq!(run.start(&format!("j/1-{name}"))["work"]["version"], json!({ "ref": "abc" }));
    }
}

#[test]
fn every_takes_one_version_after_the_other() {
    let source = with("  - {get: repo, version: every}\n");
    let mut facts = std::collections::BTreeMap::new();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let script = Script {
            facts: facts.clone(),
            ..Script::new(
                "check.repo says {\"versions\":[{\"ref\":\"1\"},{\"ref\":\"2\"},{\"ref\":\"3\"}]}",
            )
        };
        let script = if facts.is_empty() {
            Script {
                lines: Script::new("check.repo says {\"versions\":[{\"ref\":\"1\"}]}").lines,
                ..script
            }
        } else {
            script
        };
        let run = run(&source, &script);
        seen.push(run.start("j/1-repo")["work"]["version"]["ref"].clone());
        facts = run.facts;
    }
    assert_eq!(seen, ["1", "2", "3"]);
    assert_eq!(facts["cursor/repo"], json!({ "ref": "3" }));
}

#[test]
fn the_cursor_of_every_is_given_to_the_check_and_set_by_a_trigger() {
    let source = with("  - {get: repo, version: every, trigger: true}\n");
    let mut script = Script::default();
    script.facts.insert("cursor/repo".to_owned(), json!({ "ref": "1" }));
    assert_eq!(run(&source, &script).start("check.repo")["work"]["version"], json!({ "ref": "1" }));
    script.trigger = Trigger {
        kind: "resource".to_owned(),
        by: String::new(),
        data: json!({ "resource": "repo", "version": { "ref": "5" } }),
    };
    assert_eq!(run(&source, &script).facts["cursor/repo"], json!({ "ref": "5" }));
}

#[test]
fn a_put_sees_all_artifacts_and_is_fetched_again() {
    let run = run(
        &with(
            "  - {get: repo}\n  - {put: image, params: {x: 1}, get_params: {skip: true}}\n  - {task: t, config: {inputs: [{name: image}], run: {path: sh}}}\n",
        ),
        &Script::default(),
    );
    expect![[r#"
        j/
        check.repo
        j/1-repo
        j/2-image
        j/2-image.get
        j/3-t
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    let put = &run.start("j/2-image")["work"];
    assert_eq!(put["inputs"], json!([{ "volume": "j/repo", "path": "repo", "readOnly": false }]));
    assert_eq!(put["params"], json!({ "x": 1 }));
    let get = &run.start("j/2-image.get")["work"];
    assert_eq!(get["version"], json!({ "ref": "new" }));
    assert_eq!((&get["params"], &get["volume"]), (&json!({ "skip": true }), &json!("j/image")));
    assert_eq!(run.facts["passed/j/image"], json!({ "ref": "new" }));
}

#[test]
fn a_put_sees_what_it_asks_for() {
    let inputs = |wanted: &str| -> Value {
        let plan = format!(
            "  - {{get: repo}}\n  - {{get: image}}\n  - {{put: out, resource: image, no_get: true, params: {{dir: image/a}}, inputs: {wanted}}}\n"
        );
        let run = run(&with(&plan), &Script::default());
        assert!(!run.started("j/3-out.get"));
        let found = run.start("j/3-out")["work"]["inputs"].clone();
        found.as_array().into_iter().flatten().map(|it| it["path"].clone()).collect()
    };
    assert_eq!(inputs("all"), json!(["image", "repo"]));
    assert_eq!(inputs("detect"), json!(["image"]));
    assert_eq!(inputs("[repo]"), json!(["repo"]));
    assert_eq!(inputs("[]"), json!([]));
}

#[test]
fn the_version_that_a_job_put_goes_on_to_the_next() {
    let source = "
resources: [{name: image, type: mock}]
jobs:
- {name: a, plan: [{put: image}]}
- {name: b, plan: [{get: image, passed: [a]}]}
";
    assert_eq!(
        run(source, &Script::default()).start("b/1-image")["work"]["version"],
        json!({ "ref": "new" })
    );
}

#[test]
fn an_artifact_that_is_made_again_has_an_empty_volume() {
    let run = run(
        &with(
            "  - {get: repo}\n  - {put: repo}\n  - {task: t, config: {inputs: [{name: repo}], run: {path: sh}}}\n",
        ),
        &Script::default(),
    );
    assert_eq!(run.start("j/2-repo.get")["work"]["volume"], "j/repo.2");
    assert_eq!(run.start("j/3-t")["work"]["spec"]["mounts"][0]["volume"], "j/repo.2");
}

#[test]
fn an_image_of_a_resource_type_is_launched() {
    let source = "
resource_types:
- {name: thing, type: registry-image, privileged: true, source: {repository: r/thing, tag: v1}, defaults: {a: 1}}
resources:
- {name: it, type: thing, source: {key: ((key))}}
jobs:
- {name: j, plan: [{get: it, params: {p: 1}}, {put: it, params: {q: 2}}]}
";
    let run = run(source, &Script::default());
    expect![[r#"
        j/
        check.it
        j/1-it
        j/2-it
        j/2-it.get
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    let check = &run.start("check.it")["work"]["spec"];
    assert_eq!(check["command"]["path"], "/opt/resource/check");
    assert_eq!(check["image"]["reference"], "r/thing:v1");
    assert_eq!((&check["privileged"], &check["captureBytes"]), (&json!(true), &json!(1_048_576)));
    let stdin =
        |spec: &Value| -> Value { serde_json::from_str(spec["stdin"].as_str().unwrap()).unwrap() };
    assert_eq!(stdin(check), json!({ "source": { "a": 1, "key": "((secret:key))" } }));
    let get = &run.start("j/1-it")["work"]["spec"];
    assert_eq!(get["command"]["args"], json!(["./it"]));
    assert_eq!(get["mounts"], json!([{ "volume": "j/it", "path": "it", "readOnly": false }]));
    assert_eq!(stdin(get)["params"], json!({ "p": 1 }));
    assert_eq!(stdin(get)["version"], json!({ "ref": "2" }));
    assert_eq!(run.start("j/2-it")["work"]["spec"]["mounts"][0]["path"], "it");
    assert_eq!(run.start("j/2-it.get")["work"]["spec"]["mounts"][0]["volume"], "j/it.2");
}

#[test]
fn triggers_are_polled() {
    let source = "
resources:
- {name: fast, type: mock, check_every: 10s, source: {token: ((token))}}
- {name: slow, type: mock}
- {name: never, type: mock, check_every: never}
jobs:
- {name: a, plan: [{get: fast, trigger: true, version: every}, {get: slow, trigger: true}]}
- {name: b, plan: [{get: slow, trigger: true}, {get: never, trigger: true}]}
- {name: c, plan: [{get: slow, trigger: true, passed: [b]}]}
";
    let compiled = compiled(source);
    expect![[r#"
        [
          {
            "name": "fast",
            "everyMs": 10000,
            "work": {
              "kind": "resource",
              "operation": "check",
              "resource": "mock",
              "source": {
                "token": "secret:token"
              },
              "params": null
            },
            "jobs": [
              "a"
            ],
            "everyVersion": true
          },
          {
            "name": "slow",
            "everyMs": 60000,
            "work": {
              "kind": "resource",
              "operation": "check",
              "resource": "mock",
              "source": {},
              "params": null
            },
            "jobs": [
              "a",
              "b"
            ],
            "everyVersion": false
          }
        ]
    "#]]
    .assert_eq(&format!("{}\n", serde_json::to_string_pretty(&compiled.polls).unwrap()));
    assert_eq!(compiled.open_vars, ["token"]);
}
