use super::*;

#[track_caller]
fn check(text: &str, want: Option<(i8, i8, Option<i32>)>) {
    let found = read(text)
        .map(|(time, offset)| (time.hour(), time.minute(), offset.map(|offset| offset.seconds())));
    assert_eq!(found, want, "{text}");
}

#[test]
fn times_are_read_with_and_without_half_and_offset() {
    check("20:00", Some((20, 0, None)));
    check("0800", Some((8, 0, None)));
    check("8PM", Some((20, 0, None)));
    check("8:30 pm", Some((20, 30, None)));
    check("12AM", Some((0, 0, None)));
    check("12:15 PM", Some((12, 15, None)));
    check("8:00 PM -0700", Some((20, 0, Some(-7 * 3600))));
    check("20:00 +05:30", Some((20, 0, Some(19_800))));
    check("20:00Z", Some((20, 0, Some(0))));
}

#[test]
fn what_is_no_time_is_refused() {
    for text in ["", "8", "25:00", "13PM", "0AM", "8:60", "noon", "8:00 -7", "é:é", "12:éa"] {
        check(text, None);
    }
}
