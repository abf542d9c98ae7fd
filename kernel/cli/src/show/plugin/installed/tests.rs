use expect_test::{Expect, expect};

use super::{quoted, waiting};
use crate::show::look::Look;

#[track_caller]
fn check(asks_more: &[&str], want: Expect) {
    let asks_more: Vec<String> = asks_more.iter().map(|wish| (*wish).to_owned()).collect();
    want.assert_eq(&waiting("x", "2.0.0", &asks_more, Look::PLAIN).join("\n"));
}

#[test]
fn what_has_no_bounds_is_not_promised_by_approval() {
    check(
        &["kv"],
        expect![[r#"
            x 2.0.0 asks for more than the version that serves, and waits:
              kv
            `tenon plugin upgrade x --approve` lets it have that, and serve"#]],
    );
    check(
        &["kv", "http:POST *"],
        expect![[r#"
            x 2.0.0 asks for more than the version that serves, and waits:
              kv
              without bounds: http:POST *
            `tenon plugin upgrade x --approve` lets it have what has bounds, and serve
            what has no bounds needs --grant with a part of it, such as --grant 'http:POST api.example.com'"#]],
    );
    check(
        &["process:*"],
        expect![[r#"
            x 2.0.0 asks for more than the version that serves, and waits:
              without bounds: process:*
            `tenon plugin upgrade x --approve` lets it serve without that
            what has no bounds needs --grant with a part of it, such as --grant process:git"#]],
    );
}

#[test]
fn a_rule_cannot_leave_its_quotes() {
    assert_eq!(quoted("process:git"), "process:git");
    assert_eq!(quoted("http:GET *.x"), "'http:GET *.x'");
    assert_eq!(quoted("process:'; rm -rf ~; '"), r"'process:'\''; rm -rf ~; '\'''");
}
