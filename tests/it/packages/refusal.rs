//! Each stage that says no: with the reason and the way out, and what served serves on.

use std::fs;

use kernel_package::Digest;

use super::{Author, hostile, serving, web};
use crate::host::fixture;
use crate::server_process::Server;

/// Nobody listens on this port.
const NOBODY: &str = "127.0.0.1:1";

/// Tries an upgrade that must be refused.
#[track_caller]
fn refused(author: &Author, server: &Server, from: &str, parts: &[&str]) {
    let said = author.at(server, &["upgrade", "hostile", from]).ends(11);
    for part in parts {
        assert!(said.stderr.contains(part), "{from}: {part}: {}", said.stderr);
    }
}

#[tokio::test]
async fn each_stage_says_no_with_the_way_out_and_what_serves_serves_on() {
    let author = Author::new();
    author.publish("0.1.0.wasm", "0.1.0", Some("me.key"));
    let other = hostile("0.2.0");
    author.plugin(&["keygen", "mini", "--kind", "minisign"]).ends(0);
    author.plugin(&["sign", "0.1.0.wasm", "--key", "mini.key"]).ends(0);
    let signature = fs::read(author.here().join("0.1.0.wasm.minisig")).unwrap();
    let newer = [("\"contract\": \"1.0.0\"", "\"contract\": \"9.0.0\""), ("0.1.0", "0.2.0")];
    let newer = fixture::hostile_with(&newer);
    let files = web::serve(&[
        ("/free/a.wasm", other.clone()),
        ("/free/newer.wasm", newer.clone()),
        ("/free/page.wasm", b"<html>".to_vec()),
        ("/mine/a.wasm", other.clone()),
        ("/mini/a.wasm", other.clone()),
        ("/mini/a.wasm.minisig", signature),
    ]);
    let registry = &author.registry.address;
    let trust = format!(
        "[keys.me]\nfile = \"me.pub\"\norigins = [\"oci://{registry}/me/*\", \
         \"http://{files}/mine/*\"]\n[keys.mini]\nfile = \"mini.pub\"\n\
         origins = [\"http://{files}/mini/*\"]\n"
    );
    author.write("trust.toml", trust.as_bytes());
    let trust = author.here().join("trust.toml").display().to_string();
    let plain = [registry.as_str(), &files, "localhost:1", NOBODY].join(",");
    let flags = ["--trust-store", &trust, "--plain-http", &plain, "--egress-allowed"];
    let flags = [&flags[..], &["127.0.0.0/8"]].concat();
    let server = Server::start_with(&author.here().join("data"), &flags).await;
    author.install(&server, &author.address("0.1.0"), &[]).ends(0);

    let (good, bad) = (Digest::of(&other), Digest::of(b"other"));
    let at = |path: &str, digest: Digest| format!("http://{files}{path}#{digest}");
    author.write("no.wasm", b"no");
    let module = wat::parse_str("(module)").unwrap();
    author.write("module.wasm", &module);
    let sent = "--allow-unsigned";
    for (from, parts) in [
        (format!("oci://{NOBODY}/me/a:1"), &["fetch", NOBODY, "cannot be reached"][..]),
        (author.address("9.9.9"), &["fetch", "hostile:9.9.9 is not there", "check name"]),
        (at("/free/gone.wasm", good), &["fetch", "gone.wasm is not there"]),
        (at("/free/a.wasm", bad), &["verify", "its digest is sha256:", "it was changed"]),
        (at("/free/a.wasm", good), &["verify", "nobody that this server trusts", sent]),
        (at("/mine/a.wasm", good), &["verify", "it is not signed", "must be signed by \"me\""]),
        (at("/mini/a.wasm", good), &["verify", "signature of \"mini\" is bad", "other bytes"]),
    ] {
        refused(&author, &server, &from, parts);
    }
    // A signature that does not hold is never passed over, whatever is allowed.
    for path in ["/mine/a.wasm", "/mini/a.wasm"] {
        let from = at(path, good);
        author.at(&server, &["upgrade", "hostile", &from, sent]).ends(11);
    }
    for (from, part) in [
        ("no.wasm".to_owned(), "inspect: this is not WebAssembly"),
        ("module.wasm".to_owned(), "core module"),
        (at("/free/page.wasm", Digest::of(b"<html>")), "this is not WebAssembly"),
        (at("/free/newer.wasm", Digest::of(&newer)), "contract 9.0.0"),
    ] {
        let said = author.at(&server, &["upgrade", "hostile", &from, sent]).ends(11);
        assert!(said.stderr.contains(part), "{from}: {}", said.stderr);
    }
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
    author.at(&server, &["verify", "hostile"]).ends(0);
    author.at(&server, &["upgrade", "hostile", &at("/free/a.wasm", good), sent]).ends(0);
    assert_eq!(serving(&server).await.0, "0.2.0");
}

#[tokio::test]
async fn a_server_goes_where_its_operator_lets_it_and_nowhere_else() {
    let author = Author::new();
    author.publish("0.1.0.wasm", "0.1.0", Some("me.key"));
    let inside = author.server_inside("inside").await;
    let registry = &author.registry.address;
    let (_, port) = registry.split_once(':').unwrap();
    let install = |server: &Server, from: &str| author.install(server, from, &[]).ends(11).stderr;
    // By address and by name: what is dialled counts.
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let from = format!("oci://{host}:{port}/me/hostile:0.1.0");
        let said = install(&inside, &from);
        assert!(said.contains("is not a public address"), "{from}: {said}");
        let named = host.trim_matches(['[', ']']);
        assert!(said.contains(&format!("--egress-allowed {named})")), "{from}: {said}");
    }
    let data = author.here().join("careful");
    let server = Server::start_with(&data, &["--egress-allowed", "127.0.0.0/8"]).await;
    let said = install(&server, &author.address("0.1.0"));
    assert!(said.contains(&format!("--plain-http {registry}")), "{said}");
    let files = web::serve(&[("/a.wasm", hostile("0.1.0"))]);
    let said = install(&server, &format!("http://{files}/a.wasm#{}", Digest::of(b"")));
    assert!(said.contains("the server's setting plugins.plain_http"), "{said}");
    let said = author.at(&server, &["install", "https://example.org/a.wasm"]).ends(2).stderr;
    assert!(said.contains("add its digest"), "{said}");
    // Not the default port, so that it is a part of the name.
    let said = install(&server, &format!("https://{files}/a.wasm#{}", Digest::of(b"")));
    assert!(said.contains(&format!("fetch: {files} ")), "{said}");
    let (status, answer) =
        server.post("/plugins", serde_json::json!({ "from": "/etc/passwd" })).await;
    assert_eq!(status, 422);
    assert!(answer.to_string().contains("reads no files of its own"), "{answer}");
}

#[test]
fn a_trust_store_with_mistakes_starts_no_server() {
    let author = Author::new();
    author.write("trust.toml", b"[keys.me]\nfile = \"gone.pub\"\norigins = [\"*\"]\n");
    let data = author.here().join("data").display().to_string();
    let trust = author.here().join("trust.toml").display().to_string();
    let flags = ["server", "--no-auth", "--listen", "127.0.0.1:0", "--data", &data];
    let flags = [&flags[..], &["--trust-store", &trust]].concat();
    let said = crate::tenon::said(&flags);
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("plugins.trust_store cannot be used"), "{}", said.stderr);
    assert!(said.stderr.contains("gone.pub"), "{}", said.stderr);
}
