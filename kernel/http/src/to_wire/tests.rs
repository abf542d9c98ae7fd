//! What the model becomes on the wire.

use std::fmt::Write;

use expect_test::expect;
use kernel_model::attempt::{AttemptEnd, AttemptEvent, Lease, Why};
use kernel_model::event::{Event, Node, Recorded, StepNo};
use kernel_model::id::{PipelineId, RunId, WorkspaceId};
use kernel_model::name::{Name, StepPath};
use kernel_model::outcome::Outcome;
use kernel_model::run::Run;
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::run::{RunRow, RunStatus};
use kernel_scheduler::RunTree;
use kernel_scheduler::waiting::Waiting;

use super::{event, run_tree, waiting};

fn node(path: &str, parent: Option<u32>) -> Node {
    Node {
        path: StepPath::new(path).unwrap(),
        parent: parent.map(StepNo),
        name: path.into(),
        kind: "task".into(),
    }
}

fn attempt(step: u32, event: AttemptEvent) -> Event {
    Event::Attempt { step: StepNo(step), attempt: 1, event }
}

fn started(step: u32, path: &str) -> [Event; 2] {
    let (work, options) = ("{\"kind\":\"read\"}".into(), "{}".into());
    let step = StepNo(step);
    [
        Event::StepStarted { step, node: node(path, Some(1)), work, options },
        Event::AttemptCreated { step, attempt: 1, why: Why::First, not_before: Time(5_000) },
    ]
}

/// A run with a group, a step that ended, and one that waits.
fn history() -> Vec<Recorded> {
    let lease = Lease { token: 1, holder: "boot".into(), until: None };
    let end = AttemptEnd::Failed { message: "no".into(), retryable: true, value: "7".into() };
    let step = StepNo(2);
    let mut events =
        vec![Event::Started, Event::GroupOpened { step: StepNo(1), node: node("g", None) }];
    events.extend(started(2, "g/a"));
    events.extend([
        attempt(2, AttemptEvent::Assigned { lease }),
        attempt(2, AttemptEvent::Started { token: 1 }),
        attempt(2, AttemptEvent::MachineSaved { token: 1, state: [1].into() }),
        attempt(2, AttemptEvent::Ended { token: Some(1), end }),
        Event::StepEnded {
            step,
            outcome: Outcome::Failed,
            message: Some("no".into()),
            value: "7".into(),
        },
        Event::Noted { step, text: "look".into() },
        Event::TimerSet { name: "t".into(), due: Time(9_000) },
    ]);
    events.extend(started(3, "g/b"));
    (1..).zip(events).map(|(i, event)| Recorded { at: Time(i * 100), event }).collect()
}

fn tree() -> RunTree {
    let row = RunRow {
        workspace: WorkspaceId(5),
        workspace_name: WorkspaceName::new("dev/joe").unwrap(),
        id: RunId(1),
        pipeline: PipelineId(2),
        pipeline_name: Name::new("ci").unwrap(),
        version: 3,
        number: 4,
        status: RunStatus::Running,
        trigger: "{\"kind\":\"manual\",\"by\":\"ann\"}".into(),
        trigger_kind: "manual".into(),
        input: "{\"jobs\":[\"a\"]}".into(),
        origin: None,
        message: None,
        created_at: Time(0),
        started_at: Some(Time(100)),
        ended_at: None,
        wake_at: None,
        seq: 13,
    };
    let steps_waiting = vec![(StepNo(3), Waiting::Until { at: Time(5_000) })];
    let run = Run::replay(&history()).unwrap();
    RunTree { row, run, waiting: None, steps_waiting }
}

#[test]
fn a_tree_has_steps_attempts_and_reasons() {
    let tree = run_tree(&tree(), Time(2_000));
    expect![[r#"
        {
          "run": {
            "id": "run_00000000000000000000000001",
            "pipeline": "ci",
            "pipelineId": "pip_00000000000000000000000002",
            "version": 3,
            "workspace": "dev/joe",
            "number": 4,
            "status": "running",
            "trigger": {
              "kind": "manual",
              "by": "ann"
            },
            "input": {
              "jobs": [
                "a"
              ],
              "args": {}
            },
            "createdAt": "1970-01-01T00:00:00.000Z",
            "startedAt": "1970-01-01T00:00:00.100Z",
            "durationMs": 1900,
            "events": 13
          },
          "steps": [
            {
              "number": 1,
              "path": "g",
              "name": "g",
              "kind": "task",
              "isGroup": true,
              "status": "running",
              "openedAt": "1970-01-01T00:00:00.200Z",
              "startedAt": "1970-01-01T00:00:00.200Z",
              "durationMs": 1800,
              "attempts": []
            },
            {
              "number": 2,
              "parent": 1,
              "path": "g/a",
              "name": "g/a",
              "kind": "task",
              "isGroup": false,
              "status": "failed",
              "message": "no",
              "openedAt": "1970-01-01T00:00:00.300Z",
              "startedAt": "1970-01-01T00:00:00.600Z",
              "endedAt": "1970-01-01T00:00:00.900Z",
              "durationMs": 300,
              "output": 7,
              "attempts": [
                {
                  "number": 1,
                  "why": "first",
                  "status": "failed",
                  "createdAt": "1970-01-01T00:00:00.400Z",
                  "startedAt": "1970-01-01T00:00:00.600Z",
                  "endedAt": "1970-01-01T00:00:00.800Z",
                  "durationMs": 200,
                  "end": {
                    "status": "failed",
                    "message": "no",
                    "retryable": true,
                    "output": 7
                  }
                }
              ],
              "notes": [
                "look"
              ]
            },
            {
              "number": 3,
              "parent": 1,
              "path": "g/b",
              "name": "g/b",
              "kind": "task",
              "isGroup": false,
              "status": "pending",
              "openedAt": "1970-01-01T00:00:01.200Z",
              "attempts": [
                {
                  "number": 1,
                  "why": "first",
                  "status": "pending",
                  "createdAt": "1970-01-01T00:00:01.300Z",
                  "notBefore": "1970-01-01T00:00:05.000Z"
                }
              ],
              "waiting": {
                "reason": "time",
                "text": "it waits until 1970-01-01T00:00:05.000Z",
                "until": "1970-01-01T00:00:05.000Z"
              }
            }
          ],
          "timers": [
            {
              "name": "t",
              "due": "1970-01-01T00:00:09.000Z"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&tree).unwrap());
}

#[test]
fn events_are_flat_and_what_is_internal_is_left_out() {
    let mut text = String::new();
    for (seq, recorded) in (1..).zip(&history()) {
        if let Some(event) = event(seq, recorded) {
            let json = serde_json::to_string(&event).unwrap();
            // Clients read what the server writes.
            let back: kernel_wire::event::RunEvent = serde_json::from_str(&json).unwrap();
            assert_eq!(back, event);
            writeln!(text, "{json}").unwrap();
        }
    }
    expect![[r#"
        {"seq":1,"at":"1970-01-01T00:00:00.100Z","event":"started"}
        {"seq":2,"at":"1970-01-01T00:00:00.200Z","event":"group-opened","step":1,"path":"g","name":"g","kind":"task"}
        {"seq":3,"at":"1970-01-01T00:00:00.300Z","event":"step-started","step":2,"path":"g/a","parent":1,"name":"g/a","kind":"task"}
        {"seq":4,"at":"1970-01-01T00:00:00.400Z","event":"attempt-created","step":2,"attempt":1,"why":"first","notBefore":"1970-01-01T00:00:05.000Z"}
        {"seq":5,"at":"1970-01-01T00:00:00.500Z","event":"attempt-assigned","step":2,"attempt":1}
        {"seq":6,"at":"1970-01-01T00:00:00.600Z","event":"attempt-started","step":2,"attempt":1}
        {"seq":8,"at":"1970-01-01T00:00:00.800Z","event":"attempt-ended","step":2,"attempt":1,"end":{"status":"failed","message":"no","retryable":true,"output":7}}
        {"seq":9,"at":"1970-01-01T00:00:00.900Z","event":"step-ended","step":2,"status":"failed","message":"no","output":7}
        {"seq":10,"at":"1970-01-01T00:00:01.000Z","event":"noted","step":2,"text":"look"}
        {"seq":11,"at":"1970-01-01T00:00:01.100Z","event":"timer-set","name":"t","due":"1970-01-01T00:00:09.000Z"}
        {"seq":12,"at":"1970-01-01T00:00:01.200Z","event":"step-started","step":3,"path":"g/b","parent":1,"name":"g/b","kind":"task"}
        {"seq":13,"at":"1970-01-01T00:00:01.300Z","event":"attempt-created","step":3,"attempt":1,"why":"first","notBefore":"1970-01-01T00:00:05.000Z"}
    "#]].assert_eq(&text);
}

#[test]
fn reasons_for_waiting_are_sentences() {
    let reasons = [
        Waiting::Until { at: Time(1_000) },
        Waiting::Slot { in_use: 4, limit: 4, ahead: 0 },
        Waiting::Slot { in_use: 4, limit: 4, ahead: 2 },
        Waiting::Key { key: "deploy".into(), limit: 1, holders: vec![(RunId(1), StepNo(2))] },
        Waiting::Tags { missing: vec!["gpu".into(), "arm".into()] },
        Waiting::Runs { position: 3, in_progress: 100, limit: 100 },
        Waiting::Paused { workspace: WorkspaceName::new("dev/joe").unwrap() },
        Waiting::Draining,
    ];
    let texts = reasons.iter().map(|reason| waiting(reason).text + "\n");
    expect![[r#"
        it waits until 1970-01-01T00:00:01.000Z
        4 of 4 slots are in use; it is next
        4 of 4 slots are in use; 2 others are ahead
        the key "deploy" allows 1 step at a time, and is taken
        nothing here has the tags that it needs: gpu, arm
        100 of 100 runs are in progress; it is number 3 in the queue
        the workspace "dev/joe" is paused; it goes on when that is resumed
        the server is stopping; it goes on after the next start
    "#]]
    .assert_eq(&texts.collect::<String>());
    assert_eq!(waiting(&reasons[3]).holders[0].step, 2);
}
