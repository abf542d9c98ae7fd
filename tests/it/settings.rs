//! Settings and defence of a real server, from outside.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::server_process::Server;
use crate::tenon::{Said, said, tenon};

const HELLO: &str = "\
jobs:
  - name: hello
    plan:
      - task: greet
        config: {platform: linux, run: {path: echo, args: [hello]}}
";

fn with(command: &mut Command, variables: &[(&str, &str)]) -> Said {
    command.envs(variables.iter().copied()).output().unwrap().into()
}

#[test]
fn config_show_says_where_each_value_came_from_and_masks_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenon.yaml");
    fs::write(&file, "runs: {max: '${N:-7}'}\nsecrets: {key: hunter2}\n").unwrap();
    let file = file.display().to_string();
    let mut command =
        tenon(&["config", "show", "--config", &file, "--tag", "a", "--output", "json"]);
    let shown = with(&mut command, &[("COFLUX_PROJECT", "mine"), ("TENON_GRACE", "3s")]).ends(0);
    let shown = &shown.json()[0];
    assert_eq!(shown["runs.max"]["value"], 7);
    assert_eq!(shown["runs.max"]["origin"], format!("{file}:1"));
    assert_eq!(
        shown["runs.tags"],
        json!({"value": ["a"], "origin": "--tag", "secret": false, "effect": true})
    );
    assert_eq!(shown["runs.grace"]["origin"], "TENON_GRACE");
    assert_eq!(shown["server.project"]["value"], "mine");
    assert_eq!(shown["server.listen"]["origin"], "default");
    assert_eq!(shown["secrets.key"]["value"], "********");
    let text = with(&mut tenon(&["config", "show", "--config", &file]), &[]).ends(0);
    assert!(!text.stdout.contains("hunter2"), "{}", text.stdout);
}

#[test]
fn config_check_says_everything_at_once_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ci.toml");
    fs::write(&file, "[runs]\nmaks = 1\nmax = 0\n").unwrap();
    let file = file.display().to_string();
    let said = with(&mut tenon(&["config", "check", &file]), &[("TENON_DRAIN", "soon")]).ends(2);
    for part in ["ci.toml:2", "did you mean \"runs.max\"", "ci.toml:3", "TENON_DRAIN"] {
        assert!(said.stderr.contains(part), "{part} is not in {}", said.stderr);
    }
    fs::write(&file, "[runs]\nmax = 1\n").unwrap();
    let said = with(&mut tenon(&["config", "check", &file]), &[("MONGODB_URI", "m")]).ends(0);
    assert!(said.stdout.contains("MONGODB_URI: it has no meaning here"), "{}", said.stdout);
    said_of_server(&["--config", "/nowhere/tenon.toml"], 2, "failed to read the settings");
}

/// Starts a server that must not start, and returns what it says.
#[track_caller]
fn said_of_server(flags: &[&str], code: i32, part: &str) {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().display().to_string();
    let args = [&["server", "--listen", "127.0.0.1:0", "--data", &data], flags].concat();
    let said = said(&args).ends(code);
    assert!(said.stderr.contains(part), "{part:?} is not in {}", said.stderr);
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
}

#[test]
fn what_cannot_work_is_said_in_one_sentence_before_anything_starts() {
    said_of_server(
        &["--tls-cert", "c.pem"],
        2,
        "needs network.tls_key (--tls-key, TENON_TLS_KEY) too",
    );
    said_of_server(
        &["--tls-cert", "/nowhere/c.pem", "--tls-key", "k.pem"],
        12,
        "HTTPS cannot be served: failed to read /nowhere/c.pem",
    );
    said_of_server(
        &["--trusted-proxy", "10.0.0.1/8"],
        2,
        "--trusted-proxy: \"10.0.0.1/8\" has bits",
    );
    said_of_server(&["--launcher", "nobody"], 12, "runs.launcher names the launcher \"nobody\"");
    said_of_server(&["--allow-origin", "ci.example"], 2, "is not an origin");
}

#[tokio::test]
async fn a_server_starts_with_the_environment_of_another_system() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("pocketci.db").display().to_string();
    let flags = ["--storage-sqlite-path", &store, "--max-in-flight", "3", "--allowed-drivers", "*"];
    let server = Server::start_flags(&[&flags[..], &["--no-auth"]].concat()).await;
    server.pipeline_set("hello", HELLO).await;
    assert!(folder.path().join("tenon-data/projects/default/project.db").is_file());
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test]
async fn launchers_and_features_that_are_not_allowed_are_refused_by_the_name_of_the_setting() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--allowed-launchers", "*,!process", "--allowed-features", "*,!secrets,!retries"];
    let server = Server::start_with(data.path(), &flags).await;
    server.pipeline_set("hello", HELLO).await;
    let refused = async |body: Value, code: &str, setting: &str| {
        let (status, answer) = server.post("/pipelines/hello/runs", body).await;
        assert_eq!((status, answer["code"].as_str()), (403, Some(code)), "{answer}");
        assert!(answer.to_string().contains(setting), "{answer}");
    };
    refused(json!({"launcher": "process"}), "launcher-denied", "runs.launchers_allowed").await;
    refused(json!({"launcher": "launcher-process"}), "launcher-denied", "allowed").await;
    refused(json!({"secrets": {"A": "value"}}), "feature-off", "server.features").await;
    // The pipeline itself names none, so the default is met by the step.
    let run = server.run_start("hello", json!({})).await.unwrap();
    let ended = server.ended(&run.id).await;
    let tree = serde_json::to_string(&ended).unwrap();
    assert!(tree.contains("errored") && tree.contains("runs.launchers_allowed"), "{tree}");
    let (status, answer) = server.post(&format!("/runs/{}/rerun", run.id), json!({})).await;
    assert_eq!((status, answer["code"].as_str()), (403, Some("feature-off")), "{answer}");
}

#[tokio::test]
async fn a_client_behind_a_trusted_proxy_is_limited_and_told_when_to_come_back() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--address-rate", "60", "--trusted-proxy", "127.0.0.0/8"];
    let server = Server::start_with(data.path(), &flags).await;
    let status = async |from: &str, path: &str| {
        server.open(path, &[("x-forwarded-for", from)]).await.status().as_u16()
    };
    let mut passed = 0;
    while passed < 100 && status("203.0.113.7", "/health").await == 200 {
        passed += 1;
    }
    assert!((10..20).contains(&passed), "{passed} passed");
    let answer = server.open("/health", &[("x-forwarded-for", "203.0.113.7")]).await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "rate-limited");
    // Others are not, nor is whoever watches over the server.
    assert_eq!(status("203.0.113.8", "/health").await, 200);
    assert_eq!(status("203.0.113.7", "/livez").await, 200);
}

#[tokio::test]
async fn answers_carry_the_headers_that_protect_browsers() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--allow-origin", "https://*.pages.example", "--public-host", "%.ci.example"];
    let server = Server::start_with(data.path(), &flags).await;
    let answer = server.open("/livez", &[]).await;
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(answer.headers().get("strict-transport-security").is_none());
    let allowed = server.open("/livez", &[("origin", "https://a.pages.example")]).await;
    assert_eq!(allowed.status(), 200);
    assert_eq!(allowed.headers()["access-control-allow-origin"], "https://a.pages.example");
    let refused = server.open("/livez", &[("origin", "https://evil.example")]).await;
    assert_eq!(refused.status(), 403);
    assert!(refused.headers().get("access-control-allow-origin").is_none());
    for (host, status) in [("a.ci.example", 200), ("ci.example", 200), ("a.b.ci.example", 421)] {
        assert_eq!(server.open("/livez", &[("host", host)]).await.status(), status, "{host}");
    }
}

#[tokio::test]
async fn requests_that_are_too_large_too_deep_or_too_slow_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let flags = [
        "--body-max",
        "2KiB",
        "--depth-max",
        "8",
        "--headers-max",
        "8KiB",
        "--read-timeout",
        "200ms",
    ];
    let server = Server::start_with(data.path(), &flags).await;
    let (status, answer) = server.pipeline_try("p", &"x".repeat(4096)).await;
    assert_eq!((status, answer["code"].as_str()), (413, Some("body-too-large")), "{answer}");
    let (status, answer) = server.post("/pipelines/p/runs", json!([[[[[[[[[[]]]]]]]]]])).await;
    assert_eq!((status, answer["code"].as_str()), (400, Some("invalid-json")), "{answer}");
    let long = "x".repeat(10_000);
    assert_eq!(server.open("/livez", &[("x-long", &long)]).await.status(), 431);
    // A head that never ends.
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    let mut rest = vec![];
    let closed =
        tokio::time::timeout(crate::server_process::PATIENCE, stream.read_to_end(&mut rest));
    closed.await.expect("the server closes the connection").unwrap();
    // A body that never comes.
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "PUT /api/v1/pipelines/p HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(crate::server_process::PATIENCE, stream.read(&mut answer));
    let n = read.await.expect("the server answers").unwrap();
    let answer = String::from_utf8_lossy(&answer[..n]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("body-unreadable"), "{answer}");
}

/// Writes a certificate for `localhost` and its key, and returns the certificate.
fn certificate(folder: &Path) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
}

/// Returns whether a server that is trusted by this certificate answers, on a new connection.
async fn answers(url: &str, certificate: &reqwest::Certificate) -> Option<reqwest::Response> {
    let client = reqwest::Client::builder().tls_certs_only([certificate.clone()]).build().unwrap();
    client.get(format!("{url}/livez")).send().await.ok()
}

#[tokio::test]
async fn https_takes_a_new_certificate_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let cert = folder.path().join("cert.pem").display().to_string();
    let key = folder.path().join("key.pem").display().to_string();
    let data = tempfile::tempdir().unwrap();
    let flags = ["--tls-cert", &cert, "--tls-key", &key];
    let server = Server::start_tls(data.path(), &flags, &first).await;
    let open = reqwest::Client::builder().tls_certs_only([first.clone()]).build().unwrap();
    let livez = format!("{}/livez", server.url);
    let answer = open.get(&livez).send().await.unwrap();
    assert!(answer.headers().contains_key("strict-transport-security"));
    answer.text().await.unwrap();
    // A key alone fits no certificate: the old pair stays.
    fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(answers(&server.url, &first).await.is_some());
    let second = certificate(folder.path());
    let since = std::time::Instant::now();
    while answers(&server.url, &second).await.is_none() {
        assert!(since.elapsed() < crate::server_process::PATIENCE, "the certificate stays");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(answers(&server.url, &first).await.is_none(), "the old certificate is gone");
    // The connection that was open before goes on.
    assert_eq!(open.get(&livez).send().await.unwrap().status(), 200);
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test]
async fn cookies_over_https_are_secure_and_as_strict_as_asked() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trusted = certificate(folder.path());
    let cert = folder.path().join("cert.pem").display().to_string();
    let key = folder.path().join("key.pem").display().to_string();
    let flags = ["--tls-cert", &cert, "--tls-key", &key, "--same-site", "strict"];
    let server = Server::start_tls(data.path(), &flags, &trusted).await;
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let post = async |path: &str, body: Value| {
        let url = format!("{}/api/v1/{path}", server.url);
        client.post(url).json(&body).send().await.unwrap().error_for_status().unwrap()
    };
    let login = serde_json::json!({ "name": "alice", "password": "correct horse battery" });
    post("users", login.clone()).await;
    let answer = post("session", login).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let (value, rest) = cookie.split_once(';').unwrap();
    assert!(value.starts_with("__Host-tenon_session="), "{cookie}");
    assert_eq!(rest, " Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure");
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn a_key_that_belongs_to_another_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let cert = folder.path().join("cert.pem").display().to_string();
    let other = folder.path().join("other.pem");
    fs::write(&other, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let other = other.display().to_string();
    let check = |key: &str, part: &str| {
        said_of_server(&["--tls-cert", &cert, "--tls-key", key], 12, part);
    };
    check(&other, "does not belong to the certificate in");
    check(&cert, "holds no private key");
}
