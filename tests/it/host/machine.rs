//! Step machines: what they are told, what they answer, and who they are.

use kernel_model::time::Time;
use kernel_ports::plugin::{Machine, MachineCall};
use kernel_ports::plugin::{MachineInput, PluginError, Plugins as _};
use serde_json::json;

use super::world::World;

fn resume(state: &[u8], kind: &str) -> MachineInput {
    MachineInput::Resume { state: state.into(), kind: kind.into(), handle: None, data: "{}".into() }
}

#[tokio::test]
async fn a_machine_counts_by_its_state_alone() {
    let world = World::new();
    let mut step = world.call("count", "null").await.unwrap();
    assert_eq!(step.wake_after_ms, Some(0));
    for _ in 0..3 {
        step = world.send(resume(&step.state, "wake")).await.unwrap();
    }
    let end = world.send(resume(&step.state, "end")).await.unwrap();
    assert_eq!(end.done.unwrap().output, json!(4));
}

#[tokio::test]
async fn a_machine_sleeps_by_asking_to_be_woken() {
    let world = World::new();
    let step = world.call("sleep", "250").await.unwrap();
    assert_eq!((step.done.is_none(), step.wake_after_ms), (true, Some(250)));
    let end = world.send(resume(&step.state, "wake")).await.unwrap();
    assert_eq!(end.done.unwrap().output, json!("awake"));
    let cancel = MachineInput::Cancel { state: step.state, grace_ms: 9 };
    assert_eq!(world.send(cancel).await.unwrap().done.unwrap().output, json!(9));
}

#[tokio::test]
async fn a_call_knows_its_run_step_attempt_and_configuration() {
    let world = World::with(|builder| {
        builder
            .built_in("hostile", super::fixture::hostile())
            .config("hostile", json!({ "colour": "blue" }))
    });
    let facts = world.call("facts", "").await.unwrap().done.unwrap().output;
    let run = super::world::RUN.to_string();
    let config = json!({ "colour": "blue" });
    let want = json!([run, "build/test", 2, "hostile", 1_700_000_000_000_u64, true, config]);
    assert_eq!(facts, want);
}

#[tokio::test]
async fn a_machine_that_is_not_there_is_answered_with_those_that_are() {
    let world = World::new();
    let call = |machine| MachineCall {
        machine,
        input: MachineInput::Action { name: "echo".into(), input: "1".into() },
        made_by: "".into(),
        run: None,
        step: None,
        attempt: 0,
        at: Time(0),
        log: None,
    };
    let err = world.host.machine_call(call(Machine::Action("hostil".into()))).await.unwrap_err();
    assert_eq!(
        err.to_string(),
        "there is no action \"hostil\"; installed are: hostile; did you mean \"hostile\"?"
    );
    let err = world.host.machine_call(call(Machine::Launcher("docks".into()))).await.unwrap_err();
    assert!(matches!(err, PluginError::Unknown { kind: "launcher", .. }), "{err}");
}
