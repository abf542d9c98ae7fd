use super::*;

#[test]
fn durations_are_sums_of_numbers_with_units() {
    for (text, ms) in [
        ("90s", 90_000),
        ("1h30m", 5_400_000),
        ("1.5h", 5_400_000),
        ("500ms", 500),
        ("7d", 604_800_000),
        ("0", 0),
        ("0s", 0),
    ] {
        assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
    }
}

#[test]
fn what_is_no_duration_is_refused_with_an_example() {
    for text in ["", "5", "s", "-1s", "1x", "1.2.3s", "1 h", "99999999999999999999d"] {
        let err = parse(text).expect_err(text);
        assert!(err.message.contains("`90s`"), "{}", err.message);
    }
}
