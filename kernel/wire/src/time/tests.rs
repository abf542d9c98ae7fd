//! Times as text.

use super::Timestamp;

#[track_caller]
fn check(text: &str, want: Option<u64>) {
    assert_eq!(text.parse::<Timestamp>().ok().map(|time| time.ms), want, "{text}");
}

#[test]
fn times_are_written_with_milliseconds_in_utc() {
    let text = |ms| Timestamp { ms }.to_string();
    assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(text(951_827_696_007), "2000-02-29T12:34:56.007Z");
    assert_eq!(text(1_795_261_431_020), "2026-11-21T11:43:51.020Z");
    assert_eq!(text(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
}

#[test]
fn what_is_written_is_read_back() {
    // Steps of about 13 months and a bit, through leap years and centuries.
    for i in 0..7_000_u64 {
        let ms = i * 34_567_890_123;
        let text = Timestamp { ms }.to_string();
        check(&text, Some(ms));
    }
}

#[test]
fn times_are_read_with_offsets_fractions_and_as_days() {
    check("2026-11-21T11:43:51Z", Some(1_795_261_431_000));
    check("2026-11-21t11:43:51.02z", Some(1_795_261_431_020));
    check("2026-11-21T13:43:51.020999+02:00", Some(1_795_261_431_020));
    // What a plus sign becomes in a query that was not encoded.
    check("2026-11-21T13:43:51 02:00", Some(1_795_261_431_000));
    check("2026-11-21T06:43:51-05:00", Some(1_795_261_431_000));
    check("1970-01-02", Some(86_400_000));
}

#[test]
fn what_is_not_a_time_is_refused() {
    for text in [
        "",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-1-1",
        "0000-01-01",
        "1969-12-31T23:59:59Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T11:43:51",
        "2026-11-21T11:43:51.Z",
        "2026-11-21T11:43:51+2:00",
        "2026-11-21T11:43:51*02:00",
        "2026-11-2é",
        "+026-11-21",
    ] {
        check(text, None);
    }
}
