use expect_test::expect_file;

use super::*;

#[test]
fn the_book_has_every_setting() {
    expect_file!["../../../../docs/src/configuration.md"]
        .assert_eq(&format!("{}\n", configuration().trim_end()));
}

#[test]
fn the_book_has_what_others_call_them() {
    expect_file!["../../../../docs/src/coming-from.md"]
        .assert_eq(&format!("{}\n", coming_from().trim_end()));
}

#[test]
fn a_cell_of_a_table_ends_where_it_should() {
    for name in NAMES {
        assert!(!remarks(name).contains('|'), "{}", remarks(name));
    }
}
