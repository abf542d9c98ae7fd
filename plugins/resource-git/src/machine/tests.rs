use serde_json::json;
use tenon_sdk::envelope::machine::{Error as Refusal, Status};
use tenon_sdk::testing::{self, Effect};

use super::*;
use crate::driver::request;

#[track_caller]
fn waiting() -> State {
    testing::reset();
    let Ok(Step::Wait { state, .. }) = Git::check(request(json!({"uri": "https://example.com/x"})))
    else {
        panic!("a check waits for git")
    };
    let effects = testing::effects();
    assert!(matches!(effects.as_slice(), [Effect::Start { handle, .. }] if handle == "git-1"));
    state
}

#[test]
fn a_cancel_ends_the_running_git_and_then_the_operation() {
    let Ok(Step::Wait { state, .. }) = Git::cancel(waiting(), Duration::from_secs(1)) else {
        panic!("it waits for the end of git")
    };
    let signal = Effect::Signal { handle: "git-1".into(), signal: Signal::Term };
    assert_eq!(testing::effects(), [signal]);
    let ended = ProcessEnded { signal: Some("TERM".into()), ..ProcessEnded::default() };
    let event = Event::ProcessEnded { handle: "git-1".into(), ended };
    assert_eq!(Git::resume(state, event).expect_err("it is cancelled").code, "cancelled");
}

#[test]
fn a_missing_git_is_not_tried_again() {
    let error = Refusal { code: "not-found".into(), message: "the program was not found".into() };
    let event = Event::ProcessRefused { handle: "git-1".into(), error };
    let Ok(Step::Done(outcome)) = Git::resume(waiting(), event) else { panic!("it is the end") };
    assert_eq!((outcome.status, outcome.retryable), (Status::Errored, false));
}

#[test]
fn a_restarted_server_abandons_the_operation() {
    let err = Git::resume(waiting(), Event::Restarted).expect_err("git is gone");
    assert_eq!(err.code, "abandoned");
}

#[test]
fn an_answer_that_is_cut_is_refused() {
    let ended = ProcessEnded { code: Some(0), truncated: true, ..ProcessEnded::default() };
    let event = Event::ProcessEnded { handle: "git-1".into(), ended };
    assert_eq!(Git::resume(waiting(), event).expect_err("it is cut").code, "limit");
}
