use super::*;

#[test]
fn durations_have_two_units_at_most() {
    let shown = [0, 84, 999, 1_000, 2_449, 59_999, 65_000, 3_600_000, 11_400_000, 187_200_000];
    assert_eq!(
        shown.map(human),
        ["0ms", "84ms", "999ms", "1.0s", "2.4s", "59.9s", "1m 05s", "1h 00m", "3h 10m", "2d 4h"]
    );
}

#[test]
fn durations_are_read_with_their_units() {
    let read = ["90s", "1h30m", "500ms", " 2d "].map(|text| parse(text).unwrap().as_millis());
    assert_eq!(read, [90_000, 5_400_000, 500, 172_800_000]);
}

#[test]
fn what_has_no_unit_is_refused() {
    for text in ["", "10", "m", "1x", "1.5h", "-1s", "99999999999999999999s", "9999999999999999d"] {
        let message = parse(text).unwrap_err();
        assert!(message.contains("expected a number with a unit"), "{message}");
    }
}
