use super::Source;

const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[track_caller]
fn same(text: &str) {
    let source: Source = text.parse().unwrap_or_else(|err| panic!("{text}: {err}"));
    assert_eq!(source.to_string(), text);
}

#[track_caller]
fn refused(text: &str, because: &str) {
    let err = text.parse::<Source>().unwrap_err().to_string();
    assert!(err.contains(because), "{text}: {err}");
}

#[test]
fn files_addresses_and_artifacts_are_written_as_they_are_read() {
    same("plugins/nice.wasm");
    same(&format!("https://example.org/nice.wasm#{DIGEST}"));
    same(&format!("https://example.org/nice.wasm?x=1#{DIGEST}"));
    same("oci://registry.example.org/team/nice:1.0.0");
    same("oci://127.0.0.1:5000/nice:latest");
    same("oci://[::1]:5000/nice:latest");
    same(&format!("oci://registry.example.org/team/nice@{DIGEST}"));
}

#[test]
fn a_tag_beside_a_digest_says_nothing() {
    let source: Source = format!("oci://r.example/nice:1@{DIGEST}").parse().unwrap();
    assert_eq!(source.to_string(), format!("oci://r.example/nice@{DIGEST}"));
    assert!(source.is_pinned());
}

#[test]
fn what_cannot_be_fetched_is_refused_with_the_way_out() {
    refused("", "no plugin is named");
    refused("https://example.org/nice.wasm", "add its digest");
    refused("https://example.org/nice.wasm#sha256:12", "64 hex digits");
    refused("https://", "is no address");
    refused("ftp://example.org/nice.wasm", "ftp:// is not fetched");
    refused("oci://registry.example.org", "names no repository");
    refused("oci://registry.example.org/nice", "neither tag nor digest");
    refused("oci://registry.example.org/Nice:1", "lower-case");
    refused("oci://registry.example.org/../nice:1", "is no repository");
    refused("oci://registry.example.org/nice:1 2", "is no tag");
    refused("oci://registry.example.org:99999/nice:1", "is no registry");
    refused("oci://user@registry/nice:1", "is no registry");
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    let text = format!("https://me:hunter2@example.org/nice.wasm#{DIGEST}");
    let err = text.parse::<Source>().unwrap_err().to_string();
    assert!(err.contains("--password-file") && !err.contains("hunter2"), "{err}");
}

#[test]
fn the_origin_of_an_address_has_no_digest() {
    let source: Source = format!("https://example.org/nice.wasm#{DIGEST}").parse().unwrap();
    assert_eq!(source.origin(), "https://example.org/nice.wasm");
}
