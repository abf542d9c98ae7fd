use serde_json::{Value, json};

use super::*;

fn schedule(source: Value) -> Result<Schedule> {
    Schedule::new(&Source::deserialize(source).expect("it is a source"))
}

#[track_caller]
fn check(source: Value, now: &str, want: Option<&str>) {
    let now: Timestamp = now.parse().expect("it is a time");
    let found = schedule(source).expect("it makes sense").latest(now);
    assert_eq!(found.map(|tick| tick.to_string()).as_deref(), want);
}

#[test]
fn ticks_of_an_interval_do_not_depend_on_the_check() {
    let source = json!({"interval": "10m"});
    check(source.clone(), "2026-11-21T12:00:00Z", Some("2026-11-21T12:00:00Z"));
    check(source.clone(), "2026-11-21T12:09:59.999Z", Some("2026-11-21T12:00:00Z"));
    check(source, "2026-11-21T12:10:00Z", Some("2026-11-21T12:10:00Z"));
}

#[test]
fn a_window_has_one_tick_or_one_per_interval() {
    let source = json!({"start": "20:00", "stop": "21:00"});
    check(source.clone(), "2026-11-21T19:59:59Z", None);
    check(source.clone(), "2026-11-21T20:30:00Z", Some("2026-11-21T20:00:00Z"));
    check(source, "2026-11-21T21:00:00Z", None);
    let source = json!({"start": "20:05", "stop": "21:00", "interval": "20m"});
    check(source, "2026-11-21T20:50:00Z", Some("2026-11-21T20:45:00Z"));
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_it_starts_on() {
    // 2026-11-21 is a Saturday.
    let source = json!({"start": "11PM", "stop": "1AM", "days": ["Saturday"]});
    check(source.clone(), "2026-11-21T00:30:00Z", None);
    check(source.clone(), "2026-11-21T23:30:00Z", Some("2026-11-21T23:00:00Z"));
    check(source.clone(), "2026-11-22T00:30:00Z", Some("2026-11-21T23:00:00Z"));
    check(source, "2026-11-22T23:30:00Z", None);
}

#[test]
fn a_location_moves_window_and_days_with_its_summer_time() {
    let source = json!({"start": "9:00", "stop": "10:00", "location": "Europe/Berlin"});
    check(source.clone(), "2026-01-15T08:30:00Z", Some("2026-01-15T08:00:00Z"));
    check(source, "2026-07-15T07:30:00Z", Some("2026-07-15T07:00:00Z"));
    let source = json!({"days": ["Saturday"], "location": "Pacific/Auckland"});
    check(source.clone(), "2026-11-20T12:00:00Z", Some("2026-11-20T11:00:00Z"));
    check(source, "2026-11-21T12:00:00Z", None);
    let source = json!({"start": "8PM -0700", "stop": "9PM -0700"});
    check(source, "2026-11-22T03:10:00Z", Some("2026-11-22T03:00:00Z"));
}

#[test]
fn sources_without_sense_are_refused_with_the_way_out() {
    for (source, part) in [
        (json!({}), "give `interval`"),
        (json!({"interval": "soon"}), "`90s`"),
        (json!({"interval": "0s"}), "make it longer"),
        (json!({"start": "9:00"}), "`start` needs `stop`"),
        (json!({"start": "9:00", "stop": "25:00"}), "\"25:00\""),
        (json!({"start": "9:00 +0100", "stop": "10:00 +0200"}), "differ"),
        (json!({"interval": "1h", "location": "Mars/Olympus"}), "\"Mars/Olympus\""),
        (json!({"days": ["Caturday"]}), "\"Caturday\""),
    ] {
        let err = schedule(source).expect_err("it is refused");
        assert!(err.code == "invalid" && err.message.contains(part), "{err:?}");
    }
}
