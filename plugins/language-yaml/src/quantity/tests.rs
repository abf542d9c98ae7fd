//! Tests of durations and sizes.

use super::{byte_count, duration_ms, duration_text};

#[test]
fn durations_are_gos() {
    let table = [
        ("1h30m", Some(5_400_000)),
        ("90s", Some(90_000)),
        ("1.5s", Some(1_500)),
        ("500ms", Some(500)),
        ("1us", Some(1)),
        ("0", Some(0)),
        ("", None),
        ("10", None),
        ("5 minutes", None),
        ("-1s", None),
        ("1d", None),
        ("s", None),
        ("1.2.3s", None),
        ("999999999h", None),
    ];
    for (text, want) in table {
        assert_eq!(duration_ms(text), want, "{text:?}");
    }
    for text in ["2h", "3m", "4s", "5ms"] {
        assert_eq!(duration_ms(text).map(duration_text).as_deref(), Some(text));
    }
}

#[test]
fn sizes_have_units() {
    let table = [
        ("1024", Some(1024)),
        ("1KB", Some(1_000)),
        ("1KiB", Some(1_024)),
        ("2 GiB", Some(2 << 30)),
        ("1TB", Some(1_000_000_000_000)),
        ("7b", Some(7)),
        ("99999999999999999999", None),
        ("18446744073709551615KB", None),
        ("MB", None),
        ("1XB", None),
    ];
    for (text, want) in table {
        assert_eq!(byte_count(text), want, "{text:?}");
    }
}
