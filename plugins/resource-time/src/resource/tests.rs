use tenon_sdk::testing;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("it is a time")
}

fn request(source: Value, version: Option<Value>) -> ResourceRequest {
    testing::reset();
    let volume = Some("out".to_owned());
    ResourceRequest { source, version, volume, ..ResourceRequest::default() }
}

#[track_caller]
fn output(step: Result<Step<()>>) -> Value {
    match step {
        Ok(Step::Done(outcome)) => outcome.output,
        other => panic!("it does not end well: {other:?}"),
    }
}

#[track_caller]
fn finds(source: Value, last: Option<&str>, now: &str, want: &[&str]) {
    let source: Source = read("source", &source).expect("it is a source");
    let schedule = Schedule::new(&source).expect("it makes sense");
    let last = last.map(|time| Version { time: at(time) });
    let found = found(&schedule, source.initial_version, last, at(now));
    let found: Vec<_> = found.iter().map(|version| version.time.to_string()).collect();
    assert_eq!(found, want);
}

#[test]
fn a_check_gives_the_last_version_and_the_tick_after_it() {
    let hourly = json!({"interval": "1h"});
    let (ten, eleven) = ("2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z");
    finds(hourly.clone(), None, "2026-11-21T10:20:00Z", &[ten]);
    finds(hourly.clone(), Some(ten), "2026-11-21T10:59:00Z", &[ten]);
    finds(hourly.clone(), Some(ten), "2026-11-21T11:01:00Z", &[ten, eleven]);
    // A put may have made a version after the tick.
    let put = "2026-11-21T11:00:30Z";
    finds(hourly, Some(put), "2026-11-21T11:01:00Z", &[put]);
}

#[test]
fn outside_of_the_window_there_is_nothing_but_an_initial_version() {
    let now = "2026-11-21T12:00:00Z";
    let mut source = json!({"start": "20:00", "stop": "21:00"});
    finds(source.clone(), None, now, &[]);
    source["initial_version"] = json!(true);
    finds(source.clone(), None, now, &[now]);
    finds(source, Some(now), "2026-11-21T13:00:00Z", &[now]);
}

#[test]
fn a_check_reads_the_clock() {
    let before = now().expect("there is a clock");
    let found = output(Time::check(request(json!({"interval": "1s"}), None)));
    let time = found["versions"][0]["time"].as_str().expect("there is a version").to_owned();
    assert!(at(&time).as_second() >= before.as_second(), "{time}");
}

#[test]
fn a_get_writes_the_time() {
    let version = json!({"time": "2026-11-21T10:00:00Z"});
    let found = output(Time::get(request(json!({"interval": "1h"}), Some(version.clone()))));
    assert_eq!(found["version"], version);
    testing::with(|host| {
        let files = &host.volumes["out"];
        assert_eq!(files["timestamp"].bytes, b"2026-11-21T10:00:00Z\n");
        assert_eq!(files["epoch"].bytes, b"1795255200\n");
        let input: Value = serde_json::from_slice(&files["input"].bytes).expect("it is json");
        assert_eq!(input["version"], version);
    });
}

#[test]
fn a_put_is_now() {
    let before = now().expect("there is a clock");
    let found = output(Time::put(request(Value::Null, None)));
    assert!(at(found["version"]["time"].as_str().expect("there is a version")) >= before);
}

#[test]
fn a_broken_version_is_refused() {
    let broken = request(json!({"interval": "1h"}), Some(json!({"time": "yesterday"})));
    assert_eq!(Time::check(broken).expect_err("it is refused").code, "invalid");
}
