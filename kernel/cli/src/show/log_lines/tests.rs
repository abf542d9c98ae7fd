use super::*;

#[test]
fn pieces_become_lines_per_step_and_stream() {
    let mut lines = LogLines::default();
    assert_eq!(lines.push(1, 1, Stream::Stdout, "one\ntw"), ["one"]);
    assert_eq!(lines.push(2, 1, Stream::Stdout, "other\n"), ["other"]);
    assert_eq!(lines.push(1, 1, Stream::Stderr, "err\n"), ["err"]);
    assert_eq!(lines.push(1, 1, Stream::Stdout, "o\n\nlast"), ["two", ""]);
    assert_eq!(lines.finish(1), [(1, Stream::Stdout, "last".to_owned())]);
    assert!(lines.finish_all().is_empty());
}

#[test]
fn a_line_that_never_ends_is_shown_in_pieces() {
    let mut lines = LogLines::default();
    let shown = lines.push(1, 1, Stream::Stdout, &"x".repeat(LINE_MAX + 1));
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].len(), LINE_MAX + 1);
}

#[test]
fn what_would_move_the_cursor_is_left_out() {
    let mut lines = LogLines::default();
    let shown = lines.push(1, 1, Stream::Stdout, "10%\r50%\r100%\n\u{1b}[2Jclear\u{7}\r\n");
    assert_eq!(shown, ["100%", "clear"]);
}

#[test]
fn colours_stay_and_end_with_their_line() {
    let mut lines = LogLines::default();
    let shown = lines.push(1, 1, Stream::Stdout, "\u{1b}[31mred\n");
    assert_eq!(shown, ["\u{1b}[31mred\u{1b}[0m"]);
}

#[test]
fn streams_and_later_attempts_are_told_apart() {
    let shown = |attempt, stream| prefixed(Look::PLAIN, "build/test", attempt, stream, "text");
    assert_eq!(shown(1, Stream::Stdout), "build/test │ text");
    assert_eq!(shown(1, Stream::Stderr), "build/test ! text");
    assert_eq!(shown(2, Stream::Note), "build/test#2 * text");
}
