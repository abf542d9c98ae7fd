//! Bundles: into a server that no network reaches, with the signatures from inside.

use std::fs;

use kernel_package::bundle::Bundled;
use kernel_package::{Digest, Package, bundle};

use super::{Author, BOUND, serving};
use crate::host::fixture;
use crate::server_process::Server;

/// Publishes both versions, and puts one of them into a bundle; returns the bundle's digest.
fn made(author: &Author, version: &str, file: &str) -> String {
    author.publish(&format!("{version}.wasm"), version, Some("me.key"));
    let (from, registry) = (author.address(version), &author.registry.address);
    author.plugin(&["bundle", &from, "-O", file, "--plain-http", registry]).ends(0);
    Digest::of(&fs::read(author.here().join(file)).unwrap()).hex()
}

#[tokio::test]
async fn a_bundle_is_installed_where_no_network_is() {
    let author = Author::new();
    let digest = made(&author, "0.1.0", "first.bundle");
    made(&author, "0.2.0", "second.bundle");
    let server = author.server_inside("data").await;
    // The fixture must be bounded by a rule.
    let bounded = author.at(&server, &["import", "first.bundle"]).ends(11);
    assert!(bounded.stdout.contains("hostile was not installed: grant"), "{bounded:?}");
    author.at(&server, &["install", "0.1.0.wasm", "--grant", BOUND, "--allow-unsigned"]).ends(0);
    let wrong =
        author.at(&server, &["import", "first.bundle", "--digest", &"12".repeat(32)]).ends(11);
    assert!(wrong.stderr.contains("the bundle was not installed: verify"), "{wrong:?}");
    author.at(&server, &["import", "first.bundle", "--digest", &digest]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()), "now it is signed");
    let said = author.at(&server, &["import", "second.bundle"]).ends(0);
    assert!(said.stdout.starts_with("hostile 0.2.0 serves\n"), "{said:?}");
    let said = author.at(&server, &["import", "second.bundle"]).ends(0);
    assert_eq!(said.stdout, "hostile 0.2.0 serves already\n");
    let verified = author.at(&server, &["verify", "hostile"]).ends(0);
    assert_eq!(verified.stdout.matches("holds: signed by me").count(), 2, "{verified:?}");
}

#[tokio::test]
async fn nothing_of_a_bundle_is_used_that_was_changed_or_is_not_trusted() {
    let author = Author::new();
    made(&author, "0.1.0", "plugins.bundle");
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

#[tokio::test]
async fn a_bundle_whose_index_says_other_names_is_refused_whole() {
    let author = Author::new();
    let bytes = fs::read(author.here().join("0.1.0.wasm")).unwrap();
    let server = author.server_inside("data").await;
    for (name, version) in [("nice", "0.1.0"), ("hostile", "9.9.9")] {
        let package = Package::new(bytes.clone(), "file:///a.wasm".to_owned(), vec![]);
        let bundled = Bundled { name: name.to_owned(), version: version.to_owned(), package };
        let mut file = Vec::new();
        bundle::export(&[bundled], &mut file).unwrap();
        author.write("other.bundle", &file);
        let grant = format!("hostile={BOUND}");
        let args = ["import", "other.bundle", "--allow-unsigned", "--grant", &grant];
        let said = author.at(&server, &args).ends(11);
        let part = format!("its index says {name} {version} of what is hostile 0.1.0");
        assert!(said.stderr.contains(&part), "{said:?}");
    }
    assert!(server.get("/plugins/hostile").await.unwrap()["name"] != "hostile");
}

/// Returns what a plugin's own binding may use.
async fn rules(server: &Server, plugin: &str) -> Vec<String> {
    let bindings = server.get("/bindings").await.unwrap();
    let mut bindings = bindings.as_array().unwrap().iter();
    let own = bindings.find(|binding| binding["name"] == plugin).unwrap();
    serde_json::from_value(own["rules"].clone()).unwrap()
}

#[tokio::test]
async fn each_plugin_of_a_bundle_has_grants_of_its_own() {
    let author = Author::new();
    author.write("outward.wasm", fixture::outward());
    author.plugin(&["bundle", "0.1.0.wasm", "outward.wasm", "-O", "both.bundle"]).ends(0);
    let server = author.server_inside("data").await;
    let import = |bundle: &str, flags: &[&str]| {
        author.at(&server, &[&["import", bundle, "--allow-unsigned"], flags].concat())
    };
    let whole = format!("hostile={BOUND}");
    let slip = import("both.bundle", &["--grant", "process:git"]).ends(2);
    assert!(slip.stderr.contains("expected PLUGIN=CAPABILITY"), "{}", slip.stderr);
    let other = import("both.bundle", &["--grant", &whole, "--grant", "hostil=kv"]).ends(11);
    let part = "grant: a grant is for \"hostil\", which is not in the bundle; there is hostile";
    assert!(other.stderr.contains(part), "{}", other.stderr);
    assert!(server.get("/plugins/hostile").await.unwrap()["name"] != "hostile");
    let half = import("both.bundle", &["--grant", &whole]).ends(11);
    assert!(half.stdout.starts_with("hostile 0.1.0 serves\n"), "{half:?}");
    assert!(half.stdout.contains("\nrefused  outward"), "{half:?}");
    assert!(half.stdout.contains("--grant 'kernel:GET /api/v1/runs/*'"), "{half:?}");
    let grants = ["outward=blob:kept", "outward=kernel:GET /api/v1/runs/*"];
    import("both.bundle", &["--grant", grants[0], "--grant", grants[1]]).ends(0);
    assert_eq!(rules(&server, "hostile").await, [BOUND]);
    assert_eq!(rules(&server, "outward").await, ["blob:kept", "kernel:GET /api/v1/runs/*"]);

    // A version that asks for more waits, as by an upgrade; what is granted with it is not asked.
    let more = [("\"0.1.0\"", "\"0.2.0\""), ("[\"git\"]", "[\"cat\"]")];
    author.write("more.wasm", &fixture::hostile_with(&more));
    author.plugin(&["bundle", "more.wasm", "-O", "more.bundle"]).ends(0);
    let waits = import("more.bundle", &[]).ends(0);
    assert!(waits.stdout.contains("process:cat"), "{waits:?}");
    assert_eq!(serving(&server).await.0, "0.1.0");
    import("more.bundle", &["--grant", "hostile=process:cat"]).ends(0);
    assert_eq!(serving(&server).await.0, "0.2.0");
    assert_eq!(rules(&server, "hostile").await, [BOUND, "process:cat"]);
}

#[tokio::test]
async fn a_bundle_is_used_only_if_it_is_what_the_lock_file_pins() {
    let author = Author::new();
    made(&author, "0.1.0", "first.bundle");
    let first = author.server_inside("first").await;
    let grant = format!("hostile={BOUND}");
    let import = |server: &Server, bundle: &str, flags: &[&str]| {
        author.at(server, &[&["import", bundle, "--grant", &grant], flags].concat())
    };
    let early = import(&first, "first.bundle", &["--locked"]).ends(12);
    assert!(early.stderr.contains("there is no lock file"), "{}", early.stderr);
    import(&first, "first.bundle", &[]).ends(0);
    author.at(&first, &["lock"]).ends(0);

    let second = author.server_inside("second").await;
    let refused = |bundle: &str, part: &str| {
        let said = import(&second, bundle, &["--locked", "--allow-unsigned"]).ends(11);
        assert!(said.stderr.contains(part), "{bundle}: {}", said.stderr);
    };
    made(&author, "0.2.0", "newer.bundle");
    refused("newer.bundle", "is pinned; it is not what was meant");
    author.write("outward.wasm", fixture::outward());
    author.plugin(&["bundle", "outward.wasm", "-O", "other.bundle"]).ends(0);
    refused("other.bundle", "outward is in the bundle and not pinned");
    // The same bytes, from a file, so that nobody has signed them.
    author.plugin(&["bundle", "0.1.0.wasm", "-O", "unsigned.bundle"]).ends(0);
    refused("unsigned.bundle", "it must be signed by \"me\", but is by nobody");
    assert!(second.get("/plugins/hostile").await.unwrap()["name"] != "hostile");
    import(&second, "first.bundle", &["--locked"]).ends(0);
    assert_eq!(serving(&second).await, ("0.1.0".into(), "me".into()));
}
