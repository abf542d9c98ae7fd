use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counter {
    count: u32,
}

fn event(kind: &str, data: &str) -> machine::Event {
    machine::Event { kind: kind.into(), handle: Some("main".into()), data: data.into() }
}

#[test]
fn the_state_comes_back_as_it_was() {
    let first = answer(Ok(Step::wait(Counter { count: 7 }))).expect("a small state is written");
    assert_eq!(first.done, None);
    let second = resume(first.state, &event("wake", "{}"), |state: Counter, event| {
        assert_eq!(event, Event::Wake);
        Ok(Step::wait(Counter { count: state.count + 1 })
            .wake_after(std::time::Duration::from_secs(2)))
    })
    .expect("a wake is answered");
    assert_eq!(second.wake_after_ms, Some(2000));
    assert_eq!(state::<Counter>(&second.state), Ok(Counter { count: 8 }));
}

#[test]
fn an_unknown_event_changes_nothing_and_does_not_reach_the_plugin() {
    let before = b"any bytes, even broken ones".to_vec();
    let step = resume(before.clone(), &event("moon-phase", "full"), |_: Counter, _| {
        panic!("the plugin was called")
    })
    .expect("an unknown kind is no error");
    assert_eq!((step.done, step.state), (None, before));
}

#[test]
fn the_end_of_a_process_is_read() {
    let state = serde_json::to_vec(&Counter { count: 0 }).expect("a counter is json");
    let step = resume(state, &event("process-ended", r#"{"code":3}"#), |_: Counter, event| {
        let Event::ProcessEnded { handle, ended } = event else { panic!("{event:?}") };
        Step::failed(format!("{handle} exit code {:?}", ended.code), &json!({"code": ended.code}))
    })
    .expect("the data is readable");
    let done: serde_json::Value =
        serde_json::from_str(&step.done.expect("it has ended")).expect("the outcome is json");
    assert_eq!(
        done,
        json!({
            "status": "failed",
            "message": "main exit code Some(3)",
            "retryable": true,
            "output": {"code": 3},
        })
    );
}

#[test]
fn a_state_above_the_limit_is_refused_with_the_way_out() {
    let err = answer(Ok(Step::wait("x".repeat(300_000)))).expect_err("it is too large");
    assert_eq!(err.code, "limit");
    assert!(err.message.contains("300002 bytes"), "{}", err.message);
}

#[test]
fn broken_arguments_and_states_are_told_apart() {
    let err = argument::<Counter>("input", "{").expect_err("it is broken");
    assert_eq!(err.code, "invalid");
    let err = state::<Counter>(b"[]").expect_err("it is no counter");
    assert_eq!(err.code, "internal");
}
