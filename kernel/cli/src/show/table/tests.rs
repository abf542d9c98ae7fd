use super::*;

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["ci".to_owned(), "✓ ok".to_owned()], ["größer".to_owned(), String::new()]];
    assert_eq!(
        lines(["NAME", "LAST"], &rows, Look::PLAIN),
        ["NAME    LAST", "ci      ✓ ok", "größer"]
    );
}

#[test]
fn a_narrow_terminal_cuts_the_last_column_and_then_the_middle() {
    let row = ["ci", "oci://registry.example.com/plugins/x:1.2.0", "It says a lot of things"];
    let rows = [row.map(str::to_owned)];
    let at = |width| lines(["NAME", "FROM", "SUMMARY"], &rows, Look { width, ..Look::PLAIN });
    assert_eq!(at(usize::MAX)[1].len(), 73);
    assert_eq!(at(65)[1], "ci    oci://registry.example.com/plugins/x:1.2.0  It says a lot …");
    assert_eq!(at(40)[1], "ci    oci://regist…ins/x:1.2.0  It says…");
    assert!(at(5)[1].starts_with("ci    oci:…2.0  It"), "{:?}", at(5));
}

#[test]
fn cells_cannot_break_out_of_their_line() {
    let rows = [["a\nb".to_owned(), "\u{1b}[2J".to_owned()]];
    assert_eq!(lines(["A", "B"], &rows, Look::PLAIN)[1], "a\\nb  \\u{1b}[2J");
}
