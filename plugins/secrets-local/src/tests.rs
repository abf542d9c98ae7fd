use tenon_sdk::{Secrets as _, kv, testing};
use wit_envelope::secrets::{SecretAt, SecretScope, SecretWrite};

use super::{Local, key};

fn at(scope: &str, name: &str) -> SecretAt {
    SecretAt { scope: scope.to_owned(), name: name.to_owned() }
}

fn write(scope: &str, name: &str, value: &str) -> String {
    let SecretAt { scope, name } = at(scope, name);
    Local::write(SecretWrite { scope, name, value: value.to_owned() }).unwrap().version
}

#[test]
fn a_value_is_read_in_its_scope_only_and_stored_sealed() {
    testing::reset();
    assert_eq!(write("project/a", "TOKEN", "hunter22"), "1");
    assert_eq!(write("project/a", "TOKEN", "hunter23"), "2");
    let read = Local::read(at("project/a", "TOKEN")).unwrap();
    assert_eq!((read.value.as_str(), read.version.as_str()), ("hunter23", "2"));
    assert_eq!(Local::read(at("server", "TOKEN")).unwrap_err().code, "not-found");
    let stored = kv::get("project/a:TOKEN").unwrap().unwrap().value;
    assert!(!stored.windows(8).any(|part| part == b"hunter23"));
}

#[test]
fn a_value_that_was_moved_to_another_name_does_not_open() {
    testing::reset();
    write("server", "ONE", "hunter22");
    let stored = kv::get(&key("server", "ONE")).unwrap().unwrap().value;
    kv::set(&key("server", "TWO"), &stored).unwrap();
    assert_eq!(Local::read(at("server", "TWO")).unwrap_err().code, "invalid");
}

#[test]
fn a_list_has_the_names_of_one_scope() {
    testing::reset();
    write("project/a", "TWO", "hunter22");
    write("project/a", "ONE", "hunter22");
    write("project/a/pipeline/p", "THREE", "hunter22");
    write("project/ab", "FOUR", "hunter22");
    let names = |scope: &str| Local::list(SecretScope { scope: scope.to_owned() }).unwrap().names;
    assert_eq!(names("project/a"), ["ONE", "TWO"]);
    Local::remove(at("project/a", "ONE")).unwrap();
    Local::remove(at("project/a", "ONE")).unwrap();
    assert_eq!(names("project/a"), ["TWO"]);
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
