use serde_json::json;
use tenon_sdk::{Secrets as _, testing};
use wit_envelope::secrets::{SecretAt, SecretScope, SecretWrite};

use super::Env;

fn read(scope: &str, name: &str) -> Result<String, String> {
    testing::reset();
    testing::with(|host| {
        host.config = json!({ "values": { "API_TOKEN": "hunter22", "exact-name": "swordfish" } });
    });
    let read = Env::read(SecretAt { scope: scope.to_owned(), name: name.to_owned() });
    read.map(|found| found.value).map_err(|err| err.code)
}

#[test]
fn names_are_found_as_they_are_and_as_variables() {
    assert_eq!(read("server", "API_TOKEN").unwrap(), "hunter22");
    assert_eq!(read("server", "api-token").unwrap(), "hunter22");
    assert_eq!(read("server", "exact-name").unwrap(), "swordfish");
    assert_eq!(read("server", "nope").unwrap_err(), "not-found");
    assert_eq!(read("project/a", "API_TOKEN").unwrap_err(), "not-found");
}

#[test]
fn it_lists_names_and_takes_no_values() {
    read("server", "API_TOKEN").unwrap();
    let list = |scope: &str| Env::list(SecretScope { scope: scope.to_owned() }).unwrap().names;
    assert_eq!(list("server"), ["API_TOKEN", "exact-name"]);
    assert!(list("project/a").is_empty());
    let refused = Env::write(SecretWrite { name: "a".to_owned(), ..SecretWrite::default() });
    assert_eq!(refused.unwrap_err().code, "unsupported");
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
