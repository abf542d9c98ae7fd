//! Random pipelines with random outcomes: each run ends, and keeps the contract's rules.
//!
//! The rules themselves (no path twice, groups open and end inside each other, nothing after the
//! end, the same answer to the same call) are asserted by the test kernel.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};
use wit_envelope::machine::Status;

use crate::kernel::{Script, compiled, request, run_program};

fn leaf() -> impl Strategy<Value = Value> {
    let task = json!({ "task": "t", "config": { "run": { "path": "sh" } } });
    let asserted = json!({
        "task": "a", "config": { "run": { "path": "sh" } }, "assert": { "code": 0 },
    });
    let file = json!({ "do": [
        { "get": "repo" },
        { "task": "f", "file": "repo/task.yml" },
    ]});
    prop_oneof![
        4 => Just(task.clone()),
        1 => Just(asserted),
        1 => Just(file),
        1 => Just(json!({ "get": "repo" })),
        1 => Just(json!({ "put": "repo" })),
        1 => Just({
            let mut copies = task;
            copies["parallelism"] = json!(3);
            copies
        }),
    ]
}

fn step() -> impl Strategy<Value = Value> {
    let around = |step: Value, extras: Vec<(u8, Value)>| {
        let mut step = step;
        for (kind, hook) in extras {
            match kind % 9 {
                0 => step["on_success"] = hook,
                1 => step["on_failure"] = hook,
                2 => step["on_error"] = hook,
                3 => step["on_abort"] = hook,
                4 => step["ensure"] = hook,
                5 => step["attempts"] = json!(2),
                6 => step["timeout"] = json!("10s"),
                7 => {
                    step["across"] = json!([
                        { "var": "x", "values": [1, 2], "max_in_flight": 2 },
                        { "var": "y", "values": ["a", "b"] },
                    ]);
                }
                _ => {
                    step["across"] = json!([{ "var": "x", "values": [1, 2] }]);
                    step["fail_fast"] = json!(true);
                }
            }
        }
        step
    };
    leaf().prop_recursive(3, 10, 3, move |inner| {
        let steps = prop::collection::vec(inner.clone(), 1..4);
        let held = prop_oneof![
            inner.clone(),
            steps.clone().prop_map(|steps| json!({ "do": steps })),
            steps.clone().prop_map(|steps| json!({ "try": steps })),
            (steps, any::<bool>(), 1..4_u32).prop_map(|(steps, fail_fast, limit)| {
                json!({ "in_parallel": { "steps": steps, "fail_fast": fail_fast, "limit": limit } })
            }),
        ];
        (held, prop::collection::vec((any::<u8>(), inner), 0..2))
            .prop_map(move |(step, extras)| around(step, extras))
    })
}

fn pipeline() -> impl Strategy<Value = Value> {
    let job = (prop::collection::vec(step(), 1..4), 0..4_u32, any::<bool>(), step());
    (prop::collection::vec(job, 1..4), 0..3_u32).prop_map(|(jobs, jobs_max)| {
        let jobs: Vec<Value> = jobs
            .into_iter()
            .enumerate()
            .map(|(no, (mut plan, steps_max, waits, hook))| {
                let mut get = json!({ "get": "repo" });
                if waits && no > 0 {
                    get["passed"] = json!([format!("j{}", no - 1)]);
                }
                plan.insert(0, get);
                let mut job = json!({ "name": format!("j{no}"), "plan": plan, "ensure": hook });
                if steps_max > 0 {
                    job["max_in_flight"] = json!(steps_max);
                }
                job
            })
            .collect();
        let mut pipeline = json!({
            "resources": [{ "name": "repo", "type": "mock" }],
            "jobs": jobs,
        });
        if jobs_max > 0 {
            pipeline["max_in_flight"] = json!(jobs_max);
        }
        pipeline
    })
}

/// Outcomes by the end of paths, so that each run has some of each.
fn script() -> impl Strategy<Value = Script> {
    let outcome = prop_oneof![
        3 => Just("failed"),
        1 => Just("errored"),
        1 => Just("timed-out"),
        1 => Just("cancelled"),
        1 => Just("hang"),
    ];
    let path = prop_oneof![
        5 => "[1-4]-(t|a|f|repo|t-1|t-2)",
        1 => Just("check.repo".to_owned()),
        1 => Just("f.file".to_owned()),
        1 => Just("repo.get".to_owned()),
    ];
    let line = (path, outcome).prop_map(|(path, outcome)| (format!("*{path}"), outcome.to_owned()));
    let cancel_at = prop::option::of(prop_oneof![
        Just("check.repo".to_owned()),
        Just("j0/1-repo".to_owned()),
        Just("j0/2-t".to_owned()),
        Just("j0/ensure/1-t".to_owned()),
        Just("j1/2-t".to_owned()),
    ]);
    (prop::collection::vec(line, 0..5), cancel_at).prop_map(|(lines, cancel_at)| Script {
        lines,
        cancel_at,
        timers_fire: true,
        hangs_end: true,
        ..Script::default()
    })
}

/// A text of words that mean something to the readers, in any order.
fn nonsense() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => prop::sample::select(vec![
            "jobs:", "- name: j", "plan:", "- task: t", "config:", "run: {path: sh}", "- get: r",
            "resources:", "type: mock", "- do:", "- try:", "in_parallel:", "across:", "- var: x",
            "values: [1, 2]", "((.:x))", "((a.b))", "((", "))", "passed: [j]", "on_failure:", "<<: *a",
            "&a", "*a", "!!str", "{", "}", "[", "]", "|", ">", "---", "? ", ": ", "\"", "'", "#",
        ]),
        2 => prop::sample::select(vec![
            "{{", "}}", "{{-", "-}}", "if", "end", "else", "range", "$x", ":=", "(", ")", "until 3",
            "printf `%d`", "slice `aé` 1 2", "trunc -1", "index", "list 1", ".", ".a", "|", "/*",
        ]),
        1 => prop::sample::select(vec!["é", "\u{feff}", "\0", "\t", "9999999999999999999", "-"]),
    ];
    let blank = prop::sample::select(vec![" ", "\n", "\n  ", "\n    ", ""]);
    prop::collection::vec((word, blank), 0..40)
        .prop_map(|words| words.into_iter().map(|(word, blank)| format!("{word}{blank}")).collect())
}

proptest! {
    #[test]
    fn no_source_makes_the_compiler_panic(source in nonsense(), template in any::<bool>()) {
        let mark = if template { "# pocketci: template\n" } else { "" };
        let compilation = language_yaml::compile(&request(&format!("{mark}{source}")));
        assert_eq!(compilation.plan.is_none(), compilation.diagnostics.iter().any(|it| {
            it.severity == language_yaml::diagnostic::Severity::Error
        }));
    }
}

proptest! {
    #![proptest_config(Config { cases: 200, ..Config::default() })]

    #[test]
    fn each_run_ends_and_keeps_the_rules(pipeline in pipeline(), script in script()) {
        let program = compiled(&pipeline.to_string()).program;
        let run = run_program(&program, &script);
        let (status, _) = run.finish.clone().unwrap();
        let clean = run.ends.values().all(|(status, _)| *status == Status::Succeeded);
        if clean && script.cancel_at.is_none() {
            assert_eq!(status, Status::Succeeded, "{}", run.tree());
        }
        // What a job says is what the run says.
        let jobs: Vec<Status> = run
            .ends
            .iter()
            .filter(|(path, _)| !path.contains(['/', '.']))
            .map(|(_, (status, _))| *status)
            .collect();
        let green = jobs.iter().all(|status| *status == Status::Succeeded);
        if !run.cancelled {
            assert_eq!(status == Status::Succeeded, green, "{}", run.tree());
        } else {
            assert_eq!(status, Status::Cancelled);
        }
    }
}
