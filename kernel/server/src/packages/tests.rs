use kernel_host::EgressPolicy;
use kernel_model::network::Destination;
use kernel_package::fetch::Gate as _;

use super::{WayOut, source, whole};

const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

#[track_caller]
fn check(reference: &str, digest: Option<&str>, want: Result<&str, &str>) {
    let found = source(reference, digest).map(|source| source.to_string());
    match (found, want) {
        (Ok(found), Ok(want)) => assert_eq!(found, want),
        (Err(found), Err(want)) => assert!(found.contains(want), "{found}"),
        (found, want) => panic!("{found:?} is not {want:?}"),
    }
}

#[test]
fn a_digest_stands_behind_an_address_or_beside_it() {
    let whole = format!("https://example.org/a.wasm#sha256:{DIGEST}");
    check(&whole, None, Ok(&whole));
    check("https://example.org/a.wasm", Some(DIGEST), Ok(&whole));
    let upper = format!("sha256:{}", DIGEST.to_uppercase());
    check("https://example.org/a.wasm", Some(&upper), Ok(&whole));
    check(&whole, Some(&upper), Ok(&whole));
    check(&whole, Some(&"0".repeat(64)), Err("two digests are given"));
    check("https://example.org/a.wasm", None, Err("add its digest"));
    check("https://example.org/a.wasm", Some("12"), Err("is no digest"));
    check("oci://example.org/a:1", Some(DIGEST), Ok("oci://example.org/a:1"));
}

#[test]
fn the_server_opens_no_file_that_somebody_names() {
    for reference in ["/etc/passwd", "file:///etc/passwd", "a.wasm"] {
        check(reference, None, Err("the server reads no files of its own"));
    }
    check("ftp://example.org/a", None, Err("is not fetched"));
}

#[test]
fn a_name_alone_is_that_of_a_file() {
    assert_eq!(whole("a.wasm"), "file:///a.wasm");
    assert_eq!(whole("file:///srv/a.wasm"), "file:///srv/a.wasm");
    assert_eq!(whole("oci://example.org/a:1"), "oci://example.org/a:1");
}

#[test]
fn the_way_out_that_is_named_is_one_that_the_setting_takes() {
    for (host, address) in [("[::1]", "::1"), ("127.0.0.1", "127.0.0.1"), ("it.lan", "10.0.0.7")] {
        let address = address.parse().unwrap();
        let reason = WayOut(EgressPolicy::default()).check(host, address).unwrap_err();
        let (_, named) = reason.split_once("--egress-allowed ").unwrap();
        let allowed: Destination = named.split(')').next().unwrap().parse().unwrap();
        let policy = EgressPolicy { allowed: vec![allowed], ..EgressPolicy::default() };
        WayOut(policy).check(host, address).unwrap();
    }
    let public = "1.1.1.1".parse().unwrap();
    WayOut(EgressPolicy::default()).check("one.example", public).unwrap();
}
