//! From a task to what a launcher is asked.

use expect_test::expect;
use serde_json::json;

use crate::kernel::{Script, check, run};

#[test]
fn all_that_a_task_says_is_in_the_launch() {
    let source = "
resources: [{name: repo, type: mock}]
jobs:
- name: j
  plan:
  - get: repo
  - task: t
    privileged: true
    launcher: docker
    container_limits: {memory: 1GiB}
    input_mapping: {code: repo}
    output_mapping: {dist: package}
    artifacts: ['dist/*.tar.gz']
    env: {B: step}
    params: {A: step}
    config:
      platform: linux
      image_resource: {type: registry-image, source: {repository: rust, tag: '1.95'}}
      container_limits: {cpu: 512, memory: 64MB}
      inputs: [{name: code, path: src/code}, {name: extra, optional: true}]
      outputs: [{name: dist, path: ./out}, {name: code, path: src/code}]
      caches: [{path: target}, {path: /home/.cache, scope: job}, {path: all, scope: pipeline}]
      params: {A: config, C: 1.5}
      run: {path: make, args: [-j, 4], dir: src/code, user: '1000', nice: 5, rlimits: {nofile: 1024}}
";
    let run = run(source, &Script::default());
    let start = run.start("j/2-t");
    expect![[r#"
        {
          "options": {
            "artifacts": [
              {
                "label": "dist",
                "pattern": "*.tar.gz",
                "volume": "j/package"
              }
            ],
            "priority": 0,
            "retry": {
              "abandonedMax": 10,
              "attemptsMax": 1,
              "backoffMaxMs": 60000,
              "backoffMinMs": 0,
              "jitter": 0.0,
              "on": [
                "failed",
                "errored",
                "timed-out"
              ]
            }
          },
          "work": {
            "caches": [
              {
                "key": "task/j/t/target",
                "path": "target",
                "volume": "cache/task.j.t.target-7ecbe111"
              },
              {
                "key": "job/j/home/.cache",
                "path": "home/.cache",
                "volume": "cache/job.j.home..cache-dff7a45f"
              },
              {
                "key": "pipeline/all",
                "path": "all",
                "volume": "cache/pipeline.all-e34d6f9e"
              }
            ],
            "kind": "launch",
            "launcher": "docker",
            "spec": {
              "captureBytes": 0,
              "command": {
                "args": [
                  "-j",
                  "4"
                ],
                "dir": "src/code",
                "nice": 5,
                "path": "make",
                "rlimits": {
                  "nofile": 1024
                },
                "user": "1000"
              },
              "env": {
                "A": "step",
                "B": "step",
                "C": "1.5"
              },
              "image": {
                "kind": "registry-image",
                "reference": "rust:1.95",
                "source": {
                  "repository": "rust",
                  "tag": "1.95"
                }
              },
              "limits": {
                "cpu": 512,
                "memoryBytes": 1073741824
              },
              "mounts": [
                {
                  "path": "src/code",
                  "readOnly": false,
                  "volume": "j/repo"
                },
                {
                  "path": "out",
                  "readOnly": false,
                  "volume": "j/package"
                }
              ],
              "platform": "linux",
              "privileged": true
            }
          }
        }
    "#]]
    .assert_eq(&format!("{}\n", serde_json::to_string_pretty(&start).unwrap()));
}

#[test]
fn a_step_image_may_be_an_artifact() {
    let source = "
resources: [{name: img, type: mock}]
jobs:
- name: j
  plan:
  - get: img
  - {task: a, image: img, config: {image: alpine, run: {path: sh}}}
  - {task: b, image: busybox, config: {image: alpine, run: {path: sh}}}
  - {task: c, config: {image: alpine, run: {path: sh}}}
";
    let run = run(source, &Script::default());
    let image = |path: &str| run.start(path)["work"]["spec"]["image"].clone();
    assert_eq!(image("j/2-a")["source"], json!({ "artifact": "img", "volume": "j/img" }));
    assert_eq!(image("j/3-b"), json!({ "reference": "busybox" }));
    assert_eq!(image("j/4-c"), json!({ "reference": "alpine" }));
}

const FILE: &str = "
resources: [{name: repo, type: mock}]
jobs:
- name: j
  plan:
  - get: repo
  - {task: t, file: repo/ci/task.yml, vars: {greeting: hi}, params: {A: step}, artifacts: ['out/**']}
  - {task: u, config: {inputs: [{name: out}], run: {path: sh}}}
";

#[test]
fn a_configuration_is_read_from_an_artifact() {
    let config = "inputs: [{name: repo}]\noutputs: [{name: out}]\nparams: {A: file, B: ((greeting)), C: ((secret_one))}\nrun: {path: sh}\n";
    let line = format!("j/2-t.file says {}", json!(config));
    let run = run(FILE, &Script::new(&line));
    expect![[r#"
        j/
        check.repo
        j/1-repo
        j/2-t.file
        j/2-t
        j/3-u
        = succeeded
    "#]]
    .assert_eq(&run.tree());
    assert_eq!(run.start("j/2-t.file")["work"]["uri"], "volume:j/repo:ci/task.yml");
    let spec = &run.start("j/2-t")["work"]["spec"];
    assert_eq!(spec["env"], json!({ "A": "step", "B": "hi", "C": "secret:secret_one" }));
    assert_eq!(run.start("j/2-t")["options"]["artifacts"][0]["volume"], "j/out");
}

#[test]
fn what_is_wrong_with_a_file_is_an_error_of_the_task() {
    check(
        FILE,
        "j/2-t.file says \"run: {pat: sh}\\ninput: []\"",
        expect![[r#"
        j/ errored (t: repo/ci/task.yml:1:6: `run` of the task needs the key `path`; repo/ci/task.yml:1:7: `run` of the task has no key "pat"; repo/ci/task.yml:2:1: the task has no key "input")
        check.repo
        j/1-repo
        j/2-t.file
        j/2-t/ errored (repo/ci/task.yml:1:6: `run` of the task needs the key `path`; repo/ci/task.yml:1:7: `run` of the task has no key "pat"; repo/ci/task.yml:2:1: the task has no key "input")
        = errored (j: t: repo/ci/task.yml:1:6: `run` of the task needs the key `path`; repo/ci/task.yml:1:7: `run` of the task has no key "pat"; repo/ci/task.yml:2:1: the task has no key "input")
    "#]],
    );
    check(
        FILE,
        "j/2-t.file failed",
        expect![[r#"
        j/ errored (t: repo/ci/task.yml: so it is scripted)
        check.repo
        j/1-repo
        j/2-t.file failed
        = errored (j: t: repo/ci/task.yml: so it is scripted)
    "#]],
    );
    check(
        FILE,
        "j/2-t.file says \"run: {path: sh}\"",
        expect![[r#"
        j/ errored (u: missing inputs: out)
        check.repo
        j/1-repo
        j/2-t.file
        j/2-t
        j/3-u/ errored (missing inputs: out)
        = errored (j: u: missing inputs: out)
    "#]],
    );
}

#[test]
fn a_configuration_is_read_from_a_uri() {
    for (uri, want) in [
        ("file://repo/task.yml", "volume:j/repo:task.yml"),
        ("https://example.org/task.yml", "https://example.org/task.yml"),
    ] {
        let source = format!(
            "resources: [{{name: repo, type: mock}}]\njobs: [{{name: j, plan: [{{get: repo}}, {{task: t, uri: '{uri}'}}]}}]"
        );
        let run = run(&source, &Script::default());
        assert_eq!(run.start("j/2-t.file")["work"]["uri"], want);
        assert!(run.started("j/2-t"));
    }
}

#[test]
fn merged_anchors_reach_the_launch() {
    let source = "
x-base: &base {run: {path: sh}, platform: linux}
x-more: &more {platform: darwin, image: alpine}
jobs: [{name: j, plan: [{task: t, config: {<<: [*base, *more], params: {A: b}}}]}]
";
    let spec = run(source, &Script::default()).start("j/1-t")["work"]["spec"].clone();
    assert_eq!(
        (&spec["platform"], &spec["image"]["reference"]),
        (&json!("linux"), &json!("alpine"))
    );
}
