use std::time::Duration;

use tenon_sdk::envelope::launch::Mount;
use tenon_sdk::envelope::machine::{Outcome, Status};
use tenon_sdk::testing;

use super::*;

fn request(source: Value) -> ResourceRequest {
    testing::reset();
    ResourceRequest { source, ..ResourceRequest::default() }
}

#[track_caller]
fn done(step: Result<Step<Waiting>>) -> Outcome {
    match step {
        Ok(Step::Done(outcome)) => outcome,
        other => panic!("it does not end: {other:?}"),
    }
}

#[track_caller]
fn checks(source: Value, asked: Option<Value>, want: Value) {
    let mut request = request(source);
    request.version = asked;
    assert_eq!(done(Mock::check(request)).output, json!({"versions": want}));
}

fn file(volume: &str, path: &str) -> Option<String> {
    testing::with(|host| {
        let file = host.volumes.get(volume)?.get(path)?;
        Some(String::from_utf8_lossy(&file.bytes).into_owned())
    })
}

#[test]
fn a_check_gives_the_forced_the_asked_or_the_initial_version() {
    let v = |text: &str| json!([{"version": text}]);
    checks(Value::Null, None, v("mock"));
    checks(json!({"initial_version": "1"}), None, v("1"));
    checks(json!({"initial_version": "1"}), Some(version("2")), v("2"));
    checks(json!({"force_version": "9"}), Some(version("2")), v("9"));
    checks(json!({"no_initial_version": true}), None, json!([]));
}

#[test]
fn a_delayed_check_is_woken() {
    let step = Mock::check(request(json!({"check_delay": "90s"})));
    let Ok(Step::Wait { state, wake_after }) = step else { panic!("it waits") };
    assert_eq!(wake_after, Some(Duration::from_secs(90)));
    assert_eq!(done(Mock::resume(state, Event::Wake)).status, Status::Succeeded);
}

#[test]
fn a_check_fails_as_it_was_told() {
    let outcome = done(Mock::check(request(json!({"check_failure": "no luck"}))));
    assert_eq!((outcome.status, outcome.message.as_deref()), (Status::Failed, Some("no luck")));
}

#[test]
fn a_get_writes_version_and_files() {
    let mut request = request(json!({
        "create_files": {"a/b.txt": "from the source", "c": "1"},
        "log": "hello",
        "metadata": [{"name": "n", "value": "v"}],
    }));
    request.params = json!({"create_files_via_params": {"c": "2"}});
    request.version = Some(version("7"));
    request.volume = Some("out".into());
    let outcome = done(Mock::get(request));
    assert_eq!(
        outcome.output,
        json!({"version": {"version": "7"}, "metadata": [{"name": "n", "value": "v"}]})
    );
    assert_eq!(file("out", "version").as_deref(), Some("7"));
    assert_eq!(file("out", "a/b.txt").as_deref(), Some("from the source"));
    assert_eq!(file("out", "c").as_deref(), Some("2"));
    testing::with(|host| assert_eq!(host.stdout, b"hello\n"));
}

#[test]
fn a_put_makes_the_version_of_its_params_or_of_a_file() {
    let mut given = request(Value::Null);
    given.params = json!({"version": "v2", "print_env": true});
    assert_eq!(done(Mock::put(given)).output["version"], version("v2"));
    testing::with(|host| assert!(host.stdout.starts_with(b"RUN=run_test\n")));

    let mut read = request(Value::Null);
    Volume::open("v").and_then(|volume| volume.write("next", "3\n")).expect("it is written");
    read.inputs = vec![Mount { volume: "v".into(), path: "result".into(), read_only: true }];
    read.params = json!({"file": "result/next"});
    assert_eq!(done(Mock::put(read)).output["version"], version("3"));
}

#[test]
fn mistakes_are_named_with_the_way_out() {
    let mut nothing = request(Value::Null);
    nothing.inputs = vec![Mount { volume: "v".into(), path: "result".into(), read_only: true }];
    let err = Mock::put(nothing.clone()).expect_err("it makes no version");
    assert!(err.message.contains("give `version` or `file`"), "{}", err.message);
    nothing.params = json!({"file": "other/x"});
    let err = Mock::put(nothing).expect_err("there is no such input");
    assert!(err.message.ends_with("there are: result"), "{}", err.message);
    let err = Mock::check(request(json!({"forced_version": "1"}))).expect_err("it is misspelt");
    assert!(err.message.contains("forced_version"), "{}", err.message);
}
