//! Tests of references in texts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Part, matrix, parts, resolve};

fn references(text: &str) -> Vec<&str> {
    let inside = |part| match part {
        Part::Reference(inside) => Some(inside),
        Part::Text(_) => None,
    };
    parts(text).into_iter().filter_map(inside).collect()
}

#[test]
fn only_names_are_references() {
    assert_eq!(references("((a)) x ((b.c))((d-e_f))"), ["a", "b.c", "d-e_f"]);
    assert_eq!(references("$((a)) $((1+2)) ((a b)) (()) ((a)"), Vec::<&str>::new());
    assert_eq!(
        references("((.:x)) ((secret:n)) ((\"quoted.name\".x))"),
        [".:x", "secret:n", "\"quoted.name\".x"]
    );
}

#[test]
fn values_take_the_place_of_references() {
    let known = BTreeMap::from([("a", json!({ "b": [1], "q.x": 2 })), ("n", json!(3))]);
    let resolved = |text: &str| {
        let mut value = json!({ "k": [text] });
        resolve(&mut value, &|name| known.get(name));
        value["k"][0].clone()
    };
    assert_eq!(resolved("((n))"), json!(3));
    assert_eq!(resolved("<((n))>"), json!("<3>"));
    assert_eq!(resolved("((a.b))"), json!([1]));
    assert_eq!(resolved("((a.\"q.x\"))"), json!(2));
    assert_eq!(resolved("((other))"), json!("secret:other"));
    assert_eq!(resolved("((other)):((n))"), json!("((secret:other)):3"));
    assert_eq!(resolved("((secret:own))"), json!("((secret:own))"));
    assert_eq!(resolved("plain"), json!("plain"));
}

#[test]
fn a_value_is_never_read_again() {
    let known = BTreeMap::from([("a", json!("((b))")), ("b", json!("no"))]);
    let mut value = json!("x((a))");
    resolve(&mut value, &|name| known.get(name));
    assert_eq!(value, json!("x((b))"));
}

#[test]
fn matrix_values_leave_other_references_alone() {
    let chosen = BTreeMap::from([("x".to_owned(), json!(1))]);
    assert_eq!(matrix("((.:x))", &chosen), Some(json!(1)));
    assert_eq!(matrix("((.:x))-((y))-((.:z))", &chosen), Some(Value::from("1-((y))-((.:z))")));
    assert_eq!(matrix("((y))", &chosen), None);
    assert_eq!(matrix("((.:z))", &chosen), None);
}
