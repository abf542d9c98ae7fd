//! The description is complete, and changes only when somebody looks.

use std::collections::BTreeSet;

use expect_test::expect_file;

use super::describe;
use crate::routes::ROUTES;

/// The operations that the document describes, such as `GET /livez`.
fn described() -> BTreeSet<String> {
    let document = serde_json::to_value(describe()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let routes = ROUTES.iter().map(|route| {
        // A wildcard is a plain parameter in OpenAPI.
        format!("{} {}", route.method, route.path.replace("{*", "{"))
    });
    assert_eq!(routes.collect::<BTreeSet<_>>(), described());
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let document = serde_json::to_value(describe()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let wanted: BTreeSet<_> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for operation in item.as_object().unwrap().values() {
            let params = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let found = params.iter().filter(|param| param["in"] == "path");
            let found: BTreeSet<_> = found.map(|param| param["name"].as_str().unwrap()).collect();
            assert_eq!(wanted, found, "{path}");
        }
    }
}

#[test]
fn the_names_of_operations_are_unique() {
    let document = serde_json::to_value(describe()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let mut names: Vec<_> = operations.map(|op| op["operationId"].as_str().unwrap()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_document_is_the_committed_one() {
    let mut text = describe().to_pretty_json().unwrap();
    text.push('\n');
    expect_file!["../../openapi.json"].assert_eq(&text);
}
