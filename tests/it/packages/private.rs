//! A registry with a certificate by an authority of its own, and with a login: what is missing is
//! named with the way out, by the commands of authors and by the server.

use super::{Author, serving};
use crate::registry::Registry;
use crate::server_process::Server;

/// The login of the registry, and one that it does not know.
const RIGHT: &str = "hunter2";
const WRONG: &str = "hunter3";

/// Returns a file of logins as container tools keep it.
fn logins(registry: &str, password: &str) -> String {
    let login = serde_json::json!({ "username": "me", "password": password });
    serde_json::json!({ "auths": { registry: login } }).to_string()
}

fn private() -> Author {
    let author = Author::with(Registry::private());
    author.write("ca.pem", &std::fs::read(author.registry.ca()).unwrap());
    for (name, password) in [("right", RIGHT), ("wrong", WRONG)] {
        author.write(&format!("{name}.txt"), password.as_bytes());
        let logins = logins(&author.registry.address, password);
        author.write(&format!("{name}.json"), logins.as_bytes());
    }
    author
}

/// Starts a server that may reach this machine, with what it knows of the registry.
async fn server(author: &Author, data: &str, flags: &[&str]) -> Server {
    let whole = |flag: &&str| match flag.starts_with("--") {
        true => (*flag).to_owned(),
        false => author.here().join(flag).display().to_string(),
    };
    let flags: Vec<String> = flags.iter().map(whole).collect();
    let trust = author.here().join("trust.toml").display().to_string();
    let mut all = vec!["--trust-store", &trust, "--egress-allowed", "127.0.0.0/8"];
    all.extend(flags.iter().map(String::as_str));
    Server::start_with(&author.here().join(data), &all).await
}

#[test]
fn authors_reach_a_private_registry_with_its_certificate_and_a_login() {
    let author = private();
    let to = author.address("0.1.0");
    let publish = |flags: &[&str]| {
        let publish = ["publish", "0.1.0.wasm", &to, "--key", "me.key"];
        author.plugin(&[&publish[..], flags].concat())
    };
    let ca = ["--ca", "ca.pem"];
    for (flags, part) in [
        (&[][..], "add its certificate by --ca"),
        (&ca[..], "refuses without a login; give --user and --password-file, or --auth-file"),
        (
            &["--ca", "ca.pem", "--user", "me", "--password-file", "wrong.txt"],
            "does not accept the login of \"me\"; check name and password",
        ),
        (&["--ca", "ca.pem", "--auth-file", "wrong.json"], "does not accept the login of \"me\""),
        (&["--ca", "trust.toml"], "there is no certificate in it"),
    ] {
        let said = publish(flags);
        assert_ne!(said.code, Some(0), "{flags:?}: {said:?}");
        assert!(said.stderr.contains(part), "{flags:?}: {}", said.stderr);
        assert!(!said.stderr.contains(WRONG), "{}", said.stderr);
    }
    publish(&["--ca", "ca.pem", "--user", "me", "--password-file", "right.txt"]).ends(0);
    // The same again, by the other way to log in.
    publish(&["--ca", "ca.pem", "--auth-file", "right.json"]).ends(0);
    let signatures = ["signatures", &to, "--trust", "trust.toml", "--auth-file", "right.json"];
    let said = author.plugin(&[&signatures[..], &ca].concat()).ends(0);
    assert!(said.stdout.contains("trusted  signed by me"), "{said:?}");
}

#[tokio::test]
async fn a_server_reaches_a_private_registry_by_its_settings() {
    let author = private();
    let (from, login) = (author.address("0.1.0"), ["--auth-file", "right.json"]);
    let publish = ["publish", "0.1.0.wasm", &from, "--key", "me.key", "--ca", "ca.pem"];
    author.plugin(&[&publish[..], &login].concat()).ends(0);
    for (data, flags, part) in [
        ("no-ca", &["--registry-logins", "right.json"][..], "plugins.registry_ca (--registry-ca)"),
        ("nobody", &["--registry-ca", "ca.pem"], "plugins.registry_logins (--registry-logins)"),
        (
            "wrong",
            &["--registry-ca", "ca.pem", "--registry-logins", "wrong.json"],
            "does not accept the login of \"me\"",
        ),
    ] {
        let server = server(&author, data, flags).await;
        let said = author.install(&server, &from, &[]).ends(11);
        assert!(said.stderr.contains("fetch: "), "{}", said.stderr);
        assert!(said.stderr.contains(part), "{data}: {}", said.stderr);
    }
    let flags = ["--registry-ca", "ca.pem", "--registry-logins", "right.json"];
    let server = server(&author, "data", &flags).await;
    author.install(&server, &from, &[]).ends(0);
    assert_eq!(serving(&server).await, ("0.1.0".into(), "me".into()));
    assert!(!server.said().contains(RIGHT), "a password is in no log");
}

#[test]
fn a_file_of_certificates_without_one_starts_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, "no certificate\n").unwrap();
    let (data, ca) = (folder.path().join("data"), ca.display().to_string());
    let data = data.display().to_string();
    let flags = ["server", "--no-auth", "--listen", "127.0.0.1:0", "--data", &data];
    let said = crate::tenon::said(&[&flags[..], &["--registry-ca", &ca]].concat());
    assert_ne!(said.code, Some(0));
    assert!(said.stderr.contains("plugins.registry_ca cannot be used"), "{}", said.stderr);
    assert!(said.stderr.contains(&ca), "{}", said.stderr);
}
