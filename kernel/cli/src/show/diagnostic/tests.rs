use expect_test::{Expect, expect};

use super::*;

const SOURCE: &str = "jobs:\n  - name: build\n    paln:\n\t- größe: [ä, b]\n";

#[track_caller]
fn check(remarks: &[Remark], want: Expect) {
    want.assert_eq(&text("ci.yml", SOURCE, remarks, Look::PLAIN));
}

fn error(line: u32, column: u32, message: &str, hint: Option<&str>) -> Remark {
    Remark {
        is_error: true,
        code: "unknown-key".to_owned(),
        message: message.to_owned(),
        line,
        column,
        hint: hint.map(str::to_owned),
    }
}

#[test]
fn a_remark_shows_its_place_and_the_way_out() {
    check(
        &[error(3, 5, "a job has no key \"paln\"", Some("did you mean \"plan\"?"))],
        expect![[r#"
            error[unknown-key]: a job has no key "paln"
             --> ci.yml:3:5
              |
            3 |     paln:
              |     ^^^^
              = hint: did you mean "plan"?

            1 error in ci.yml
        "#]],
    );
}

#[test]
fn columns_count_characters_and_tabs_stay_tabs() {
    check(
        &[error(4, 11, "not a number", None)],
        expect![[r#"
            error[unknown-key]: not a number
             --> ci.yml:4:11
              |
            4 | 	- größe: [ä, b]
              | 	         ^^

            1 error in ci.yml
        "#]],
    );
}

#[test]
fn a_remark_about_the_source_as_a_whole_has_no_line() {
    let warning = Remark { is_error: false, ..error(0, 0, "there are no jobs", None) };
    check(
        &[error(9, 1, "after the end", None), warning],
        expect![[r#"
            error[unknown-key]: after the end
             --> ci.yml:9:1

            warning[unknown-key]: there are no jobs
             --> ci.yml

            1 error and 1 warning in ci.yml
        "#]],
    );
}

#[test]
fn without_remarks_there_is_nothing_to_say() {
    check(&[], expect![""]);
}
