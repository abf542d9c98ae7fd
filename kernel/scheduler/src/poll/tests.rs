use serde_json::json;

use super::*;

fn refs(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "ref": name })).collect()
}

#[test]
fn only_versions_after_the_last_seen_one_are_fresh() {
    let seen = json!({ "ref": "b" });
    assert_eq!(fresh(refs(&["a", "b", "c", "d"]), Some(&seen)), refs(&["c", "d"]));
    assert_eq!(fresh(refs(&["a", "b"]), Some(&seen)), refs(&[]));
}

#[test]
fn all_are_fresh_when_the_last_seen_one_is_gone_or_there_was_none() {
    let seen = json!({ "ref": "rewritten" });
    assert_eq!(fresh(refs(&["a", "b"]), Some(&seen)), refs(&["a", "b"]));
    assert_eq!(fresh(refs(&["a", "b"]), None), refs(&["a", "b"]));
}

#[test]
fn versions_are_read_from_both_kinds_of_checks() {
    let end = |value: Value| AttemptEnd::Succeeded { value: value.to_string().into() };
    let found = versions(end(json!({ "versions": [{ "ref": "a" }] })), false);
    assert_eq!(found, Ok(refs(&["a"])));
    let launched = json!({ "code": 0, "stdout": "[{\"ref\":\"a\"}]\n" });
    assert_eq!(versions(end(launched), true), Ok(refs(&["a"])));
    let launched = json!({ "code": 0, "stdout": "oops" });
    assert!(versions(end(launched), true).is_err());
}
