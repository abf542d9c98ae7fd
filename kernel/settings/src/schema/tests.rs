use expect_test::expect_file;

use super::*;

#[test]
fn the_book_has_the_schema() {
    let text = serde_json::to_string_pretty(&schema()).unwrap();
    expect_file!["../../../../docs/src/tenon.schema.json"].assert_eq(&format!("{text}\n"));
}
