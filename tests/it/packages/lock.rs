//! The lock file: written from what serves, and what serves by what it says.

use std::fs;

use super::{Author, hostile, serving};

#[tokio::test]
async fn what_is_installed_is_pinned_and_installed_again_as_it_was() {
    let author = Author::new();
    author.publish("0.1.0.wasm", "0.1.0", Some("me.key"));
    let first = author.server("first").await;
    author.at(&first, &["verify"]).ends(0);
    let early = author.at(&first, &["install", "--locked"]).ends(12);
    assert!(early.stderr.contains("`tenon plugin lock`"), "{early:?}");
    author.install(&first, &author.address("0.1.0"), &[]).ends(0);
    let locked = author.at(&first, &["lock"]).ends(0);
    assert!(locked.stdout.starts_with("pinned hostile 0.1.0, signed by me\n"), "{locked:?}");
    let text = fs::read_to_string(author.here().join("tenon-plugins.lock")).unwrap();
    for part in [author.address("0.1.0").as_str(), "sha256:", "signer = \"me\""] {
        assert!(text.contains(part), "{text}");
    }
    let verify = ["verify", "--lock", "tenon-plugins.lock"];
    let verified = author.at(&first, &verify).ends(0);
    assert!(verified.stdout.contains("holds: signed by me, pinned, serves"), "{verified:?}");

    // Somewhere else, by the file alone; grants are for each server to say.
    let second = author.server("second").await;
    let missing = author.at(&second, &verify).ends(1);
    assert!(missing.stdout.contains("it is pinned and not installed"), "{missing:?}");
    author.install(&second, &author.address("0.1.0"), &["--locked"]).ends(0);
    let all = author.at(&second, &["install", "--locked"]).ends(0);
    assert_eq!(all.stdout, "hostile 0.1.0 serves already\n");
    author.at(&second, &verify).ends(0);

    // A newer one serves: that is not what is pinned, and the lock file brings it back.
    author.publish("0.2.0.wasm", "0.2.0", Some("me.key"));
    author.at(&second, &["upgrade", "hostile", &author.address("0.2.0")]).ends(0);
    let differs = author.at(&second, &verify).ends(1);
    assert!(differs.stdout.contains("pin the new one if that is meant"), "{differs:?}");
    author.at(&second, &["install", "--locked"]).ends(0);
    assert_eq!(serving(&second).await.0, "0.1.0");
    let unknown = author.install(&second, &author.address("0.2.0"), &["--locked"]).ends(12);
    assert!(unknown.stderr.contains("does not pin oci://"), "{unknown:?}");
}

#[tokio::test]
async fn a_tag_that_was_moved_is_not_what_is_pinned() {
    let author = Author::new();
    author.publish("0.1.0.wasm", "1", Some("me.key"));
    let server = author.server("data").await;
    let locked = || author.install(&server, &author.address("1"), &["--locked"]);
    author.install(&server, &author.address("1"), &[]).ends(0);
    author.at(&server, &["lock"]).ends(0);
    author.at(&server, &["remove", "hostile"]).ends(0);
    // By the same author, under the same tag.
    author.publish("0.2.0.wasm", "1", Some("me.key"));
    let moved = locked().ends(11);
    assert!(moved.stderr.contains("verify: its SHA-256 is"), "{moved:?}");
    // The same bytes, by another key.
    author.plugin(&["keygen", "you"]).ends(0);
    author.publish("0.1.0.wasm", "1", Some("you.key"));
    let origin = format!("oci://{}/me/*", author.registry.address);
    let text = format!("[keys.you]\nfile = \"you.pub\"\norigins = [{origin:?}]\n");
    author.write("trust.toml", text.as_bytes());
    let other = locked().ends(11);
    assert!(other.stderr.contains("it must be signed by \"me\", but is by \"you\""), "{other:?}");
    assert!(server.get("/plugins/hostile").await.unwrap()["name"] != "hostile");
}

#[tokio::test]
async fn a_file_is_pinned_by_its_bytes() {
    let author = Author::new();
    let server = author.server_inside("data").await;
    let locked = || author.install(&server, "0.1.0.wasm", &["--allow-unsigned", "--locked"]);
    author.install(&server, "0.1.0.wasm", &["--allow-unsigned"]).ends(0);
    author.at(&server, &["lock"]).ends(0);
    locked().ends(0);
    author.write("0.1.0.wasm", &hostile("0.1.1"));
    let other = locked().ends(12);
    assert!(other.stderr.contains("does not pin 0.1.0.wasm"), "{other:?}");
    // Other bytes under a version that is pinned are never pinned in its place.
    let mut bytes = hostile("0.1.0");
    bytes.extend_from_slice(&[0, 3, 1, b'x', 0]);
    author.write("again.wasm", &bytes);
    author.at(&server, &["upgrade", "hostile", "again.wasm", "--allow-unsigned"]).ends(0);
    let replaced = author.at(&server, &["lock"]).ends(12);
    assert!(replaced.stderr.contains("must publish a new version"), "{replaced:?}");
}
