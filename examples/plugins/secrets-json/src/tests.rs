//! What is found, and what is not said.

use tenon_sdk::Secrets as _;
use tenon_sdk::envelope::secrets::{SecretAt, SecretScope};
use tenon_sdk::testing::{self, http::Canned};

use super::Json;

fn read(scope: &str, name: &str, status: u16, body: &str) -> tenon_sdk::Result<String> {
    testing::reset();
    testing::with(|host| {
        host.config = serde_json::json!({
            "url": "https://vault.example/tenon.json", "token": "secret:backend/vault",
        });
        host.answers.push_back(Canned::new(status, body));
    });
    let at = SecretAt { scope: scope.to_owned(), name: name.to_owned() };
    Json::read(at).map(|found| found.value)
}

const DOCUMENT: &str = r#"{"server": {"a": "one"}, "project/default": {"a": "two", "b": "three"}}"#;

#[test]
fn a_value_is_that_of_its_scope() {
    assert_eq!(read("server", "a", 200, DOCUMENT).unwrap(), "one");
    assert_eq!(read("project/default", "a", 200, DOCUMENT).unwrap(), "two");
    let err = read("server", "b", 200, DOCUMENT).unwrap_err();
    assert_eq!(err.code, "not-found");
    testing::with(|host| {
        let header = ("authorization".to_owned(), "Bearer ((secret:backend/vault))".to_owned());
        assert!(host.sent[0].headers.contains(&header), "the token stays a reference");
    });
}

#[test]
fn names_are_listed_without_values() {
    read("server", "a", 200, DOCUMENT).unwrap();
    testing::with(|host| host.answers.push_back(Canned::new(200, DOCUMENT)));
    let listed = Json::list(SecretScope { scope: "project/default".to_owned() }).unwrap();
    assert_eq!(listed.names, ["a", "b"]);
}

#[test]
fn without_the_document_there_is_no_value_and_nothing_of_it_is_told() {
    for (status, body, code) in [
        (403, "no", "denied"),
        (500, "broken", "unavailable"),
        (200, "hunter2, which is no JSON", "invalid"),
    ] {
        let err = read("server", "a", status, body).unwrap_err();
        assert_eq!(err.code, code);
        assert!(!err.message.contains("hunter2"), "{}", err.message);
    }
}
