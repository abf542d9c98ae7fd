//! What is wrong with a source, and where.

use expect_test::{Expect, expect};
use language_yaml::compile;

use crate::kernel::request;

fn remarks(source: &str) -> String {
    let compilation = compile(&request(source));
    let errors = compilation.diagnostics.iter().any(|it| it.severity.word() == "error");
    assert_eq!(compilation.plan.is_none(), errors);
    let line = |it: &language_yaml::diagnostic::Diagnostic| {
        let hint = it.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let word = it.severity.word();
        format!("{}:{} {word}[{}] {}{hint}\n", it.at.line, it.at.column, it.code, it.message)
    };
    compilation.diagnostics.iter().map(line).collect()
}

#[track_caller]
fn check(source: &str, want: Expect) {
    want.assert_eq(&remarks(source));
}

/// Compiles a job of these steps, whose first stands in line 4.
#[track_caller]
fn check_steps(steps: &str, want: Expect) {
    check(&format!("jobs:\n- name: j\n  plan:\n{steps}"), want);
}

#[test]
fn a_good_source_has_no_remarks() {
    check(
        "x-anchors: &a {run: {path: sh}}\njobs: [{name: j, plan: [{task: t, config: *a}]}]\n",
        expect![""],
    );
}

#[test]
fn files_of_any_editor_are_read() {
    let source = "jobs:\n- name: j\n  plan:\n  - {task: t, config: {run: {path: sh}}}\n";
    check(&source.replace('\n', "\r\n"), expect![""]);
    check(&format!("\u{feff}{source}"), expect![""]);
    check(&format!("---\n{source}...\n"), expect![""]);
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_source() {
    check(
        "
resource: []
resources:
- {name: repo, type: gitt, source: {}}
- {name: repo2, type: git, source: {urii: x}, chek_every: 1m}
jobs:
- name: j
  pln: []
  plan:
  - {get: rep}
  - {get: repo2, trigger: 1, passed: nope}
  - {task: t, confg: {}}
  - {tsk: t}
  - {get: repo2, put: repo2}
  - 7
- nme: x
",
        expect![[r#"
            2:1 error[unknown-key] the pipeline has no key "resource" (did you mean "resources"?)
            4:16 error[unknown-resource-type] resource "repo" has the unknown type "gitt" (did you mean "git"?)
            5:36 error[missing-key] `source` of resource "repo2" (git) needs the key `uri`
            5:36 error[unknown-key] `source` of resource "repo2" (git) has no key "urii" (did you mean "uri"?)
            5:47 error[unknown-key] resource "repo2" has no key "chek_every" (did you mean "check_every"?)
            8:3 error[unknown-key] job "j" has no key "pln" (did you mean "plan"?)
            10:6 error[unknown-resource] get "rep" names the unknown resource "rep" (did you mean "repo2"?)
            11:27 error[wrong-type] `trigger` of get "repo2" must be true or false, found a number
            11:38 error[wrong-type] `passed` of get "repo2" must be a list, found a text
            12:5 error[missing-key] task "t" needs one of `config`, `file` and `uri`
            12:15 error[unknown-key] task "t" has no key "confg" (did you mean "config"?)
            13:5 error[no-kind] this step says not what it is (did you mean "task"?)
            14:18 error[two-kinds] a step cannot be both `get` and `put` (make two steps of it)
            15:5 error[wrong-type] a step must be a map, found a number
            16:3 error[missing-key] a job needs the key `name`
        "#]],
    );
}

#[test]
fn syntax_is_told_with_its_place() {
    check(
        "jobs:\n- name: a\n   plan: []\n",
        expect![[r#"
        3:8 error[syntax] this is not YAML: mapping values are not allowed in this context
    "#]],
    );
    check(
        "jobs: [\n",
        expect![[r#"
        2:1 error[syntax] this is not YAML: while parsing a node, did not find expected node content
    "#]],
    );
    check(
        "",
        expect![[r#"
        0:0 error[empty] the source is empty, expected a map with jobs
    "#]],
    );
    check(
        "- a\n",
        expect![[r#"
        1:1 error[wrong-type] the pipeline must be a map, found a list
    "#]],
    );
    check(
        "a: *b\n",
        expect![[r#"
        1:4 error[syntax] this is not YAML: while parsing node, found unknown anchor
    "#]],
    );
    check(
        "jobs: []\n---\njobs: []\n",
        expect![[r#"
        2:1 error[syntax] found a second document, expected one
    "#]],
    );
}

#[test]
fn keys_and_names_stand_once() {
    check(
        "
resources:
- {name: r, type: mock}
- {name: r, type: mock}
jobs:
- name: j
  name: k
  plan: [{get: r}]
- {name: k, plan: [{get: r}]}
",
        expect![[r#"
            4:3 warning[unused-resource] no step uses the resource "r"
            4:4 error[duplicate-name] there is already a resource "r" (give it another name)
            7:3 error[duplicate-key] the key "name" stands here a second time, first in line 6
        "#]],
    );
}

#[test]
fn empty_plans_are_refused() {
    check_steps(
        "  - do: []\n  - try: []\n  - in_parallel: []\n  - in_parallel: {steps: []}\n",
        expect![[r#"
            4:9 error[empty] `do` is empty, expected a step or more
            5:10 error[empty] `try` is empty, expected a step or more
            6:18 error[empty] `in_parallel` is empty, expected a step or more
            7:18 error[empty] `in_parallel` is empty, expected a step or more
        "#]],
    );
    check(
        "jobs: [{name: j, plan: []}]",
        expect![[r#"
        1:24 error[empty] `plan` of job "j" is empty, expected a step or more
    "#]],
    );
    check(
        "jobs: []",
        expect![[r#"
        1:7 error[empty] `jobs` is empty, expected a job or more
    "#]],
    );
    check(
        "resources: []",
        expect![[r#"
        1:1 error[missing-key] the pipeline needs the key `jobs`
    "#]],
    );
}

#[test]
fn numbers_durations_and_sizes_are_checked() {
    check_steps(
        "
  - {task: t, attempts: 0, timeout: 10, config: {run: {path: sh}}}
  - {task: t, attempts: many, timeout: 5 minutes, config: {run: {path: sh}}}
  - {task: t, parallelism: -1, config: {run: {path: sh}, container_limits: {memory: 1XB, cpu: 0, gpu: 1}}}
  - {in_parallel: {limit: 0, fail_fast: maybe, steps: [{task: t, config: {run: {path: sh}}}]}}
",
        expect![[r#"
            5:25 error[bad-number] `attempts` of task "t" must be a whole number from 1 to 100000
            5:37 error[bad-duration] `timeout` of task "t" is "10", expected a duration (write it like `90s`, `1h30m` or `500ms`)
            6:25 error[bad-number] `attempts` of task "t" must be a whole number from 1 to 100000
            6:40 error[bad-duration] `timeout` of task "t" is "5 minutes", expected a duration (write it like `90s`, `1h30m` or `500ms`)
            7:28 error[bad-number] `parallelism` of task "t" must be a whole number from 1 to 100000
            7:85 error[bad-size] `memory` of `container_limits` of `config` of task "t" is "1XB", expected a size (write it like `512MiB`, `2GB`, or a number of bytes)
            7:95 error[bad-number] `cpu` of `container_limits` of `config` of task "t" must be a whole number from 1 to 100000
            7:98 error[unknown-key] `container_limits` of `config` of task "t" has no key "gpu" (did you mean "cpu"?)
            8:27 error[bad-number] `limit` of `in_parallel` must be a whole number from 1 to 100000
            8:41 error[wrong-type] `fail_fast` of `in_parallel` must be true or false, found a text
        "#]],
    );
}

#[test]
fn a_tasks_configuration_is_checked() {
    check_steps(
        "
  - {task: a}
  - {task: b, config: {run: {path: sh}}, file: x/y}
  - {task: c, config: {run: {}, inputs: [{name: x}], params: [1]}}
  - {task: d, config: {run: {path: sh, argz: [], args: [[1]], dir: ../up, nice: 40, rlimits: {files: 1}}}}
  - {task: e, file: nowhere}
  - {task: f, uri: 'ftp://x'}
  - {task: g, file: missing/task.yml}
  - {task: h, config: {run: {path: sh}, outputs: [{name: a b}, {name: o, path: ../x}, {name: p, path: .}], caches: [{path: c, scope: world}]}}
  - {task: i, config: {run: {path: sh}, outputs: [{name: a, path: x}, {name: b, path: x}]}, artifacts: [a, c/*, a/../x]}
  - {task: k, config: {run: {path: sh}, rootfs_uri: x, image_resource: {type: registry-image, source: {}}}, input_mapping: {no: x}}
",
        expect![[r#"
            5:5 error[missing-key] task "a" needs one of `config`, `file` and `uri`
            6:5 error[two-kinds] task "b" needs one of `config`, `file` and `uri`
            7:29 error[missing-key] `run` of `config` of task "c" needs the key `path`
            7:42 error[missing-input] task "c" needs "x", which no earlier step of the job provides
            7:62 error[wrong-type] `params` of `config` of task "c" must be a map of names to values, found a list
            8:40 error[unknown-key] `run` of `config` of task "d" has no key "argz" (did you mean "args"?)
            8:57 error[wrong-type] each item of `args` of `run` of `config` of task "d" must be a text, found a list
            8:63 error[bad-path] `dir` of `run` of `config` of task "d" leaves the working directory
            8:81 error[wrong-type] `nice` of `run` of `config` of task "d" must be a whole number from -20 to 19, found a number
            8:95 error[unknown-key] `rlimits` of `run` of `config` of task "d" has no key "files" (expected one of: as, core, cpu, fsize, nofile, nproc)
            9:21 error[bad-path] `file` of task "e" is "nowhere", expected `ARTIFACT/PATH`
            10:20 error[bad-uri] `uri` of task "f" is "ftp://x" (write `file://ARTIFACT/PATH`, `http://…` or `https://…`)
            11:21 error[missing-input] task "g" needs "missing", which no earlier step of the job provides
            12:51 error[bad-name] "a b" cannot be the name of an artifact (use letters, digits, `_`, `-` and `.`, at most 100)
            12:74 error[bad-path] `path` of each item of `outputs` of `config` of task "h" is "../x", expected a path below the working directory (leave it out to use the name)
            12:97 error[bad-path] `path` of each item of `outputs` of `config` of task "h" is ".", expected a path below the working directory (leave it out to use the name)
            12:127 error[unknown-value] `scope` of each item of `caches` of `config` of task "h" is "world" (expected one of: job, pipeline, task)
            13:71 error[path-clash] `config` of task "i" shows both "a" and "b" at "x" (give one of them another path; an output that continues an input has its name)
            13:105 error[bad-path] `artifacts` of task "i" has "a", expected `OUTPUT/PATTERN` (write it like `dist/*.tar.gz`, or `dist/**` for all)
            13:108 error[unknown-output] `artifacts` of task "i" names the unknown output "c" (expected one of: a, b)
            13:113 error[bad-path] `artifacts` of task "i" has "a/../x", expected `OUTPUT/PATTERN` (write it like `dist/*.tar.gz`, or `dist/**` for all)
            14:41 error[unsupported] `rootfs_uri` of `config` of task "k" is not supported yet (remove it)
            14:72 error[missing-key] `image_resource` of `config` of task "k" needs `source.repository`
            14:109 error[unknown-mapping] `input_mapping` of task "k" names "no", which the task does not have
        "#]],
    );
}

#[test]
fn an_input_must_be_provided_by_an_earlier_step() {
    check_steps(
        "
  - {task: a, config: {run: {path: sh}, outputs: [{name: made}]}, output_mapping: {made: renamed}}
  - {task: b, config: {run: {path: sh}, inputs: [{name: renamd}, {name: maybe, optional: true}]}}
  - {task: c, config: {run: {path: sh}, inputs: [{name: made}]}, input_mapping: {made: renamed}}
  - in_parallel:
    - {task: d, config: {run: {path: sh}, outputs: [{name: side}]}}
    - {task: e, config: {run: {path: sh}, inputs: [{name: side}]}}
  - {task: f, config: {run: {path: sh}, inputs: [{name: side}]}}
  - {task: g, file: renamed/task.yml}
  - {task: h, config: {run: {path: sh}, inputs: [{name: from-the-file}]}}
",
        expect![[r#"
            6:50 error[missing-input] task "b" needs "renamd", which no earlier step of the job provides (did you mean "renamed"?)
            10:52 error[missing-input] task "e" needs "side", which no earlier step of the job provides (expected one of: renamed)
        "#]],
    );
}

#[test]
fn passed_is_checked() {
    check(
        "
resources: [{name: r, type: mock}, {name: s, type: mock}, {name: t, type: mock}]
jobs:
- {name: a, plan: [{get: r, passed: [b]}]}
- {name: b, plan: [{get: r, passed: [a]}]}
- {name: c, plan: [{get: r, passed: [c2]}, {get: s, passed: [a]}]}
- {name: d, plan: [{get: r, passed: [a]}]}
",
        expect![[r#"
            2:59 warning[unused-resource] no step uses the resource "t"
            4:4 error[cycle] these jobs wait for each other: a → b → a
            6:38 error[unknown-job] `passed` in job "c" names the unknown job "c2" (expected one of: a, b, c, d)
            6:62 error[never-passed] "s" never passes job "a", which neither gets nor puts it
        "#]],
    );
}

#[test]
fn the_schema_of_a_resource_is_looked_at() {
    check(
        "
resources:
- {name: a, type: git, source: {uri: x, brnch: main}}
- {name: b, type: git}
- {name: c, type: git, source: {uri: x}, version: latest, webhook_token: x}
resource_types: [{name: t, type: registry-image}]
jobs: [{name: j, plan: [{get: a, version: newest}, {get: b}, {put: c, inputs: some}]}]
",
        expect![[r#"
            3:32 error[unknown-key] `source` of resource "a" (git) has no key "brnch" (did you mean "branch"?)
            4:3 error[missing-key] `source` of resource "b" (git) needs the key `uri`
            5:51 error[wrong-type] `version` of resource "c" must be a map that pins a version, found a text
            5:59 error[unsupported] `webhook_token` of resource "c" is not supported yet (remove it)
            6:18 error[missing-key] resource type "t" needs `source.repository`
            7:43 error[wrong-type] `version` of get "a" must be `latest`, `every` or a map that pins a version, found a text
            7:79 error[wrong-type] `inputs` of put "c" must be `all`, `detect` or a list of artifacts, found a text
        "#]],
    );
}

#[test]
fn what_is_not_supported_is_never_ignored() {
    check(
        "
groups: [{name: g, jobs: [j]}]
display: {background_image: x}
var_sources: []
jobs:
- name: j
  serial: true
  serial_groups: [x]
  public: true
  interruptible: true
  build_log_retention: {builds: 1}
  plan:
  - {set_pipeline: x, file: y}
  - {notify: x}
  - {task: t, config: {run: {path: sh}}, hermetic: true}
- {name: k, serial: false, plan: [{task: t, config: {run: {path: sh}}}]}
",
        expect![[r#"
            4:1 error[unsupported] `var_sources` of the pipeline is not supported yet (remove it)
            7:3 error[unsupported] `serial` of job "j" is not supported yet (remove it)
            8:3 error[unsupported] `serial_groups` of job "j" is not supported yet (remove it)
            10:3 warning[no-effect] `interruptible` of job "j" has no effect yet
            11:3 warning[no-effect] `build_log_retention` of job "j" has no effect yet
            13:6 error[unsupported] `set_pipeline` steps are not supported yet
            14:6 error[unsupported] `notify` steps are not supported yet
            15:42 warning[no-effect] `hermetic` of task "t" has no effect yet
        "#]],
    );
}

#[test]
fn references_are_checked() {
    check_steps(
        "
  - {task: ((name)), config: {run: {path: sh}}}
  - {task: s, config: {run: {path: sh, args: [((open)), ((.:x)), ((vault:a/b))]}}}
  - {task: t, attempts: ((.:n)), timeout: ((secret:s)), config: {run: {path: sh}}}
  - across: [{var: x, values: [1]}]
    task: t-((.:x))
    config: {run: {path: sh, args: [((.:x)), ((.:y))]}}
    on_failure: {task: h-((.:x)), config: {run: {path: sh}}}
",
        expect![[r#"
            5:12 error[unknown-var] ((name)) shapes the plan here and has no value (give it when the pipeline is set: --var name=…)
            6:57 error[unknown-var] ((.:x)) is not defined here (only a step inside `across` has such a value, named by its `var`)
            6:66 error[unsupported] the var source "vault" is not supported yet (write ((name)) for a value or secret of that name)
            7:25 error[unknown-var] ((.:n)) is not defined here (only a step inside `across` has such a value, named by its `var`)
            7:43 error[secret-here] ((secret:s)) cannot stand here, a secret never shapes the plan (use a var instead)
            10:46 error[unknown-var] ((.:y)) is not defined here (only a step inside `across` has such a value, named by its `var`)
            11:24 error[unknown-var] ((.:x)) is not defined here (only a step inside `across` has such a value, named by its `var`)
        "#]],
    );
}

#[test]
fn bombs_are_defused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let item = format!("*a{}, ", i - 1).repeat(10);
        bomb.push_str(&format!("a{i}: &a{i} [{item}]\n"));
    }
    check(
        &bomb,
        expect![[r#"
        5:5 error[alias-bomb] aliases make this source stand for over 200000 values
    "#]],
    );
    check(
        &format!("jobs: {}{}", "[".repeat(200), "]".repeat(200)),
        expect![[r#"
        1:70 error[too-deep] this is nested deeper than 64 levels
    "#]],
    );
    check(
        &"x".repeat((1 << 20) + 1),
        expect![[r#"
        0:0 error[too-large] the source has 1048577 bytes, at most 1048576 are read
    "#]],
    );
    let deep = format!(
        "jobs: [{{name: j, plan: [{}{{task: t, config: {{run: {{path: sh}}}}}}{}]}}]",
        "{do: [".repeat(27),
        "]}".repeat(27)
    );
    check(
        &deep,
        expect![[r#"
        1:169 error[too-deep] `do` is nested too deep
    "#]],
    );
    let values: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let axis = |var: &str| format!("{{var: {var}, values: [{}]}}", values.join(","));
    check_steps(
        &format!(
            "  - across: [{}, {}]\n    task: t\n    config: {{run: {{path: sh}}}}\n",
            axis("x"),
            axis("y")
        ),
        expect![[r#"
            4:5 error[too-large] the plan has more than 10000 steps by here (make the matrix smaller, or split the pipeline)
        "#]],
    );
}

#[test]
fn merge_keys_work_as_people_use_them() {
    check(
        "
x-base: &base {run: {path: sh}, platform: linux}
x-more: &more {platform: darwin, image: alpine}
jobs:
- name: j
  plan:
  - {task: t, config: {<<: [*base, *more], image: busybox}}
  - {task: u, config: {<<: 7}}
  - {task: v, config: {<<: [*base, 7]}}
",
        expect![[r#"
            8:23 error[missing-key] `config` of task "u" needs the key `run`
            8:24 error[wrong-type] `<<` needs a map or a list of maps, found a number
            9:36 error[wrong-type] `<<` needs maps, found a number
        "#]],
    );
}

#[test]
fn a_mistake_in_a_matrix_is_told_once() {
    check_steps(
        "  - across: [{var: x, values: [1, 2, 3]}]\n    task: t\n    config: {run: {pth: sh}}\n  - {task: u, fail_fast: true, config: {run: {path: sh}}}\n",
        expect![[r#"
            6:19 error[missing-key] `run` of `config` of task "t" needs the key `path`
            6:20 error[unknown-key] `run` of `config` of task "t" has no key "pth" (did you mean "path"?)
            7:15 error[missing-key] `fail_fast` of task "u" needs `across`
        "#]],
    );
}
