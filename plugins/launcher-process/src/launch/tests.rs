use serde_json::{Value, json};
use tenon_sdk::envelope::launch::{Command as Launch, Mount};
use tenon_sdk::envelope::machine::{Error as Refusal, Outcome, Status};
use tenon_sdk::testing::{self, Effect};

use super::*;

fn spec(path: &str, args: &[&str]) -> LaunchSpec {
    let args = args.iter().map(|&arg| arg.to_owned()).collect();
    let command = Launch { path: path.into(), args, ..Launch::default() };
    LaunchSpec { command, ..LaunchSpec::default() }
}

#[track_caller]
fn started(spec: LaunchSpec) -> (Command, Running) {
    testing::reset();
    let Ok(Step::Wait { state, .. }) = Process::start(spec) else { panic!("it does not wait") };
    let effects = testing::effects();
    let [Effect::Start { handle, command }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(handle, HANDLE);
    (command.clone(), state)
}

#[track_caller]
fn ended(capture: bool, ended: ProcessEnded) -> Outcome {
    let event = Event::ProcessEnded { handle: HANDLE.into(), ended };
    match Process::resume(Running { capture }, event) {
        Ok(Step::Done(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_spec_becomes_a_command() {
    let mut spec = spec("make", &["test"]);
    spec.env.insert("TOKEN".into(), "secret:token".into());
    spec.mounts = vec![Mount { volume: "v/src".into(), path: "src".into(), read_only: false }];
    spec.command.dir = Some("src".into());
    spec.command.user = Some("nobody".into());
    spec.command.nice = Some(5);
    spec.command.rlimits.insert("nofile".into(), 64);
    spec.stdin = Some("hello".into());
    spec.capture_bytes = 1000;
    let (command, state) = started(spec);
    assert_eq!(
        command,
        Command::new("make")
            .arg("test")
            .env("PATH", DEFAULT_PATH)
            .env("TOKEN", "secret:token")
            .mount("v/src", "src")
            .dir("src")
            .user("nobody")
            .nice(5)
            .rlimit("nofile", 64)
            .stdin("hello")
            .capture_stdout(1000)
            .capture_stderr(1000)
    );
    assert_eq!(state, Running { capture: true });
}

#[test]
fn the_path_is_that_of_the_step_then_the_operators_then_the_default() {
    let mut own = spec("sh", &[]);
    own.env.insert("PATH".into(), "/own".into());
    assert_eq!(started(own).0.env, [("PATH".into(), "/own".into())]);
    testing::reset();
    testing::with(|host| host.config = json!({"path": "/opt/bin"}));
    assert!(Process::start(spec("sh", &[])).is_ok());
    let effects = testing::effects();
    let Some(Effect::Start { command, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(command.env, [("PATH".into(), "/opt/bin".into())]);
}

#[test]
fn a_command_without_a_program_is_refused() {
    let err = Process::start(spec("", &[])).expect_err("there is nothing to run");
    assert_eq!(err.code, "invalid");
}

#[test]
fn exit_code_zero_succeeds_and_gives_the_captured_output() {
    let end = ProcessEnded { code: Some(0), stdout: Some("hi\n".into()), ..Default::default() };
    let outcome = ended(true, end.clone());
    assert_eq!(outcome.status, Status::Succeeded);
    assert_eq!(outcome.output, json!({"code": 0, "stdout": "hi\n", "truncated": false}));
    assert_eq!(ended(false, end).output.get("stdout"), None::<&Value>);
}

#[test]
fn another_exit_code_fails_and_is_kept() {
    let outcome = ended(false, ProcessEnded { code: Some(3), ..Default::default() });
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.message.as_deref(), Some("exit code 3"));
    assert_eq!(outcome.output["code"], 3);
}

#[test]
fn a_signal_fails_with_its_name_and_the_code_of_shells() {
    let end = ProcessEnded { signal: Some("KILL".into()), ..Default::default() };
    let outcome = ended(false, end);
    assert_eq!(outcome.status, Status::Failed);
    assert_eq!(outcome.message.as_deref(), Some("killed by SIGKILL"));
    assert_eq!((&outcome.output["code"], &outcome.output["signal"]), (&json!(137), &json!("KILL")));
}

#[test]
fn a_refused_start_errors_and_is_not_tried_again() {
    let message = "the program \"mkae\" was not found in PATH=/bin".to_owned();
    let error = Refusal { code: "not-found".into(), message: message.clone() };
    let event = Event::ProcessRefused { handle: HANDLE.into(), error };
    let Ok(Step::Done(outcome)) = Process::resume(Running { capture: false }, event) else {
        panic!("a refused process is the end")
    };
    assert_eq!((outcome.status, outcome.retryable), (Status::Errored, false));
    assert_eq!(outcome.message, Some(message));
}

#[test]
fn a_secret_that_cannot_be_read_now_may_be_there_later() {
    let error = Refusal { code: "unavailable".into(), message: "sealed".to_owned() };
    let event = Event::ProcessRefused { handle: HANDLE.into(), error };
    let Ok(Step::Done(outcome)) = Process::resume(Running { capture: false }, event) else {
        panic!("a refused process is the end")
    };
    assert_eq!((outcome.status, outcome.retryable), (Status::Errored, true));
}

#[test]
fn a_restarted_server_abandons_the_attempt() {
    let err =
        Process::resume(Running { capture: false }, Event::Restarted).expect_err("it is lost");
    assert_eq!(err.code, "abandoned");
}

#[test]
fn a_cancel_asks_the_tree_to_end_and_waits_for_it() {
    testing::reset();
    let step = Process::cancel(Running { capture: true }, Duration::from_secs(10));
    assert_eq!(step, Ok(Step::wait(Running { capture: true })));
    let signal = Effect::Signal { handle: HANDLE.into(), signal: Signal::Term };
    assert_eq!(testing::effects(), [signal]);
}

#[test]
fn what_a_process_cannot_have_is_noted_for_the_operator_only() {
    testing::reset();
    let mut spec = spec("true", &[]);
    spec.privileged = true;
    spec.limits.memory_bytes = Some(1 << 20);
    assert!(Process::start(spec).is_ok());
    testing::with(|host| {
        assert_eq!(host.logs.len(), 2);
        assert!(host.stderr.is_empty() && host.stdout.is_empty());
    });
}
