use super::*;

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["ci".to_owned(), "✓ ok".to_owned()], ["größer".to_owned(), String::new()]];
    assert_eq!(
        lines(["NAME", "LAST"], &rows, Look::PLAIN),
        ["NAME    LAST", "ci      ✓ ok", "größer"]
    );
}
