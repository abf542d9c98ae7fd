//! `kill -9` at random moments: nothing that was accepted or acknowledged is lost, and nothing runs
//! twice at the same time.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use kernel_ports::clock::{Entropy, System};
use kernel_wire::run::RunTree;
use kernel_wire::status::{RunStatus, StepStatus};
use serde_json::json;

use crate::server_process::Server;

/// How often the server dies: as often as a step may be abandoned, since on a busy machine it may be
/// the same step that is hit each time.
const DEATHS: u32 = 10;

/// Each step holds a lock while it works; who finds it taken says so. The kernel gives a lock back
/// when its process is gone, so a leftover of a dead server that still runs is found out.
fn pipeline(ledger: &Path) -> String {
    let step = |name: &str| {
        format!(
            r#"
      - task: {name}
        config:
          platform: linux
          env: {{ RUN: ((run)) }}
          run:
            path: sh
            args:
              - -ec
              - |
                cd {ledger}
                exec 9> "$RUN-{name}.lock"
                flock -n 9 || {{ echo "$RUN {name}" >> twice; exit 1; }}
                echo "$RUN {name}" >> started
                sleep 0.0$((RANDOM_MS))
                echo "$RUN {name}" >> finished"#,
            ledger = ledger.display(),
        )
        .replace("$((RANDOM_MS))", "4")
    };
    format!(
        r"
jobs:
  - name: chain
    plan:{}{}{}
      - in_parallel:{}{}
",
        step("one"),
        step("two"),
        step("three"),
        step("left").replace("\n      ", "\n          "),
        step("right").replace("\n      ", "\n          "),
    )
}

#[tokio::test]
async fn a_server_that_dies_at_any_moment_loses_nothing() {
    let data = tempfile::tempdir().unwrap();
    let ledger = tempfile::tempdir().unwrap();
    let chance = System::default();
    let mut accepted: Vec<String> = vec![];
    // By run and step: in which attempt it was seen to have succeeded.
    let mut acknowledged: BTreeMap<(String, String), usize> = BTreeMap::new();

    let mut server = Server::start(data.path()).await;
    server.pipeline_set("chain", &pipeline(ledger.path())).await;
    for death in 0..DEATHS {
        for n in 0..3 {
            let body = json!({ "args": { "run": format!("r{death}-{n}") } });
            if let Some(run) = server.run_start("chain", body).await {
                accepted.push(run.id);
            }
        }
        tokio::time::sleep(Duration::from_secs_f64(chance.sample() * 0.4)).await;
        for run in &accepted {
            if let Some(tree) = server.tree(run).await {
                note(&tree, &mut acknowledged);
            }
        }
        tokio::time::sleep(Duration::from_secs_f64(chance.sample() * 0.05)).await;
        server.kill();
        server = Server::start(data.path()).await;
    }

    assert_eq!(accepted.len(), usize::try_from(DEATHS * 3).unwrap());
    for run in &accepted {
        let tree = server.ended(run).await;
        assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
        for step in tree.steps.iter().filter(|step| !step.is_group) {
            let key = (run.clone(), step.path.clone());
            let seen = acknowledged.get(&key).copied().unwrap_or(step.attempts.len());
            assert_eq!(
                step.attempts.len(),
                seen,
                "an acknowledged result was thrown away: {step:#?}"
            );
        }
    }
    let twice = std::fs::read_to_string(ledger.path().join("twice")).unwrap_or_default();
    assert_eq!(twice, "", "steps ran twice at the same time");
    let finished = std::fs::read_to_string(ledger.path().join("finished")).unwrap();
    let mut done: Vec<&str> = finished.lines().collect();
    done.sort_unstable();
    done.dedup();
    assert_eq!(done.len(), accepted.len() * 5);
    println!(
        "{DEATHS} deaths, {} runs, {} steps started, {} acknowledged early",
        accepted.len(),
        std::fs::read_to_string(ledger.path().join("started")).unwrap().lines().count(),
        acknowledged.len(),
    );
}

fn note(tree: &RunTree, acknowledged: &mut BTreeMap<(String, String), usize>) {
    for step in tree.steps.iter().filter(|step| !step.is_group) {
        if step.status == StepStatus::Succeeded {
            acknowledged.insert((tree.run.id.clone(), step.path.clone()), step.attempts.len());
        }
    }
}
