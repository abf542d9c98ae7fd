//! Bundles: into a server that no network reaches, with the signatures from inside.

use std::fs;

use kernel_package::Digest;

use super::{Author, serving};
use crate::server_process::Server;

/// Publishes both versions, and puts one of them into a bundle; returns the bundle's digest.
fn bundle(author: &Author, version: &str, file: &str) -> String {
    author.publish(&format!("{version}.wasm"), version, Some("me.key"));
    let (from, registry) = (author.address(version), &author.registry.address);
    author.plugin(&["bundle", &from, "-O", file, "--plain-http", registry]).ends(0);
    Digest::of(&fs::read(author.here().join(file)).unwrap()).hex()
}

#[tokio::test]
async fn a_bundle_is_installed_where_no_network_is() {
    let author = Author::new();
    let digest = bundle(&author, "0.1.0", "first.bundle");
    bundle(&author, "0.2.0", "second.bundle");
    let server = author.server_inside("data").await;
    // The fixture must be bounded by a rule, which belongs to a plugin, not to a bundle.
    let bounded = author.at(&server, &["import", "first.bundle"]).ends(11);
    assert!(bounded.stdout.contains("hostile was not installed: grant"), "{bounded:?}");
    author
        .at(&server, &["install", "0.1.0.wasm", "--grant", super::BOUND, "--allow-unsigned"])
        .ends(0);
    let wrong = author.at(&server, &["import", "first.bundle", "--digest", "12"]).ends(11);
    assert!(wrong.stderr.contains("the bundle was not installed: verify"), "{wrong:?}");
    author.at(&server, &["import", "first.bundle", "--digest", &digest]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()), "now it is signed");
    let said = author.at(&server, &["import", "second.bundle"]).ends(0);
    assert_eq!(said.stdout, "hostile 0.2.0 serves\n");
    let said = author.at(&server, &["import", "second.bundle"]).ends(0);
    assert_eq!(said.stdout, "hostile 0.2.0 serves already\n");
    let verified = author.at(&server, &["verify", "hostile"]).ends(0);
    assert_eq!(verified.stdout.matches("holds: signed by me").count(), 2, "{verified:?}");
}

#[tokio::test]
async fn nothing_of_a_bundle_is_used_that_was_changed_or_is_not_trusted() {
    let author = Author::new();
    bundle(&author, "0.1.0", "plugins.bundle");
    let bytes = fs::read(author.here().join("plugins.bundle")).unwrap();
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    author.write("damaged.bundle", &damaged);
    author.write("text.bundle", b"no bundle");
    let server = author.server_inside("data").await;
    for file in ["damaged.bundle", "text.bundle"] {
        let said = author.at(&server, &["import", file]).ends(11);
        assert!(said.stderr.contains("fetch: failed to read the bundle"), "{said:?}");
    }
    let gone = author.at(&server, &["import", "gone.bundle"]).ends(12);
    assert!(gone.stderr.contains("failed to read gone.bundle"), "{gone:?}");
    // Another key for this origin: the signature inside is not by it.
    author.plugin(&["keygen", "you"]).ends(0);
    let origin = format!("oci://{}/me/*", author.registry.address);
    let text = format!("[keys.you]\nfile = \"you.pub\"\norigins = [{origin:?}]\n");
    author.write("trust.toml", text.as_bytes());
    for flags in [&[][..], &["--allow-unsigned"]] {
        let args = [&["import", "plugins.bundle"], flags].concat();
        let said = author.at(&server, &args).ends(11);
        assert!(said.stderr.contains("must be signed by \"you\""), "{said:?}");
    }
    let strangers = Server::start(&author.here().join("strangers")).await;
    let said = author.at(&strangers, &["import", "plugins.bundle"]).ends(11);
    assert!(said.stderr.contains("--allow-unsigned"), "{said:?}");
    for server in [&server, &strangers] {
        assert!(server.get("/plugins/hostile").await.unwrap()["name"] != "hostile");
    }
}
