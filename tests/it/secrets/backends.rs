//! Backends of secrets against servers: a vault by its documentation, and a real S3 server if
//! there is one on this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kernel_wire::status::RunStatus;
use serde_json::{Value, json};

use crate::server_process::{PATIENCE, Server};
use crate::tenon::tenon;

const VALUE: &str = "hunter2/zebra quartz";
const PIPELINE: &str = "jobs: [{name: j, plan: [{task: t, config: {platform: linux, params: {T: ((token))}, \
    run: {path: sh, args: [-c, 'test \"$T\" = \"hunter2/zebra quartz\" && echo \"it is $T\"']}}}]}]";

/// Says something to the server by its command line.
#[track_caller]
fn secret(server: &Server, args: &[&str]) -> String {
    let mut command = tenon(&["--server", &server.url, "secret"]);
    let output = command.args(args).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{args:?}: {said}");
    said
}

/// Runs the pipeline, and returns how it ended and what it and its steps said.
async fn run(server: &Server) -> (RunStatus, String) {
    let run = server.run_start("use", json!({})).await.unwrap();
    let tree = server.ended(&run.id).await;
    let logs = server.text(&format!("/runs/{}/logs?follow=false", run.id)).await;
    (tree.run.status, logs)
}

/// A vault with one KV engine, version 2, at `secret`, and one AppRole, after
/// <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2> and `…/auth/approle`.
#[derive(Default)]
struct Vault {
    entries: BTreeMap<String, (u64, String)>,
    logins: u64,
    is_sealed: bool,
}

impl Vault {
    fn start() -> (u16, Arc<Mutex<Self>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let vault = Arc::new(Mutex::new(Self::default()));
        let shared = Arc::clone(&vault);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &shared);
            }
        });
        (port, vault)
    }

    fn answer(&mut self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        if self.is_sealed {
            return (503, json!({ "errors": ["Vault is sealed"] }));
        }
        if path == "/v1/auth/approle/login" {
            if body != &json!({ "role_id": "tenon", "secret_id": "of-the-role" }) {
                return (400, json!({ "errors": ["invalid role or secret ID"] }));
            }
            self.logins += 1;
            let token = format!("token-{}", self.logins);
            return (200, json!({ "auth": { "client_token": token, "lease_duration": 3600 } }));
        }
        if token != format!("token-{}", self.logins) {
            return (403, json!({ "errors": ["permission denied"] }));
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let none = || (404, json!({ "errors": [] }));
        if let Some(key) = path.strip_prefix("/v1/secret/data/") {
            if method == "POST" {
                let value = body["data"]["value"].as_str().unwrap().to_owned();
                let version = self.entries.get(key).map_or(0, |(version, _)| *version) + 1;
                self.entries.insert(key.to_owned(), (version, value));
                return (200, json!({ "data": { "version": version } }));
            }
            let Some((version, value)) = self.entries.get(key) else { return none() };
            let metadata = json!({ "version": version });
            return (200, json!({ "data": { "data": { "value": value }, "metadata": metadata } }));
        }
        let key = path.strip_prefix("/v1/secret/metadata/").unwrap();
        if method == "DELETE" {
            self.entries.remove(key);
            return (204, Value::Null);
        }
        assert_eq!((method, query), ("GET", "list=true"));
        let keys: Vec<&str> = self.entries.keys().filter_map(|k| k.strip_prefix(key)).collect();
        if keys.is_empty() { none() } else { (200, json!({ "data": { "keys": keys } })) }
    }
}

/// Answers one request.
fn serve(mut stream: TcpStream, vault: &Mutex<Vault>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let mut words = first.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return };
    let (mut token, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-vault-token" => value.clone_into(&mut token),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = vault.lock().unwrap().answer(method, path, &token, &body);
    let text = if status == 204 { String::new() } else { answer.to_string() };
    let length = text.len();
    let head =
        format!("HTTP/1.1 {status} Said\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    // A client that is gone needs no answer.
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}

#[tokio::test]
async fn secrets_move_to_a_vault_and_back_and_are_missed_when_it_is_sealed() {
    let data = tempfile::tempdir().unwrap();
    let (port, vault) = Vault::start();
    let (url, grant) =
        (format!("http://127.0.0.1:{port}"), format!("secrets-vault=http:* 127.0.0.1:{port}"));
    let environment = [
        ("TENON_SECRETS_VAULT_URL", url.as_str()),
        ("TENON_SECRETS_VAULT_PREFIX", "ci"),
        ("TENON_SECRETS_VAULT_ROLE_ID", "tenon"),
        ("TENON_SECRETS_VAULT_SECRET_ID", "secret:backend/vault"),
    ];
    let server = Server::start_in(data.path(), &["--grant", &grant], &environment).await;
    server.pipeline_set("use", PIPELINE).await;
    secret(&server, &["set", "token", "--value", VALUE]);
    secret(&server, &["set", "backend/vault", "--scope", "server", "--value", "of-the-role"]);
    let said = secret(&server, &["migrate", "--from", "local", "--to", "vault"]);
    assert!(said.contains("moved 1 secret; secrets-vault is in use now"), "{said}");
    assert!(!said.contains(VALUE));
    let key = "ci/project/default/-/token";
    assert_eq!(vault.lock().unwrap().entries.get(key), Some(&(1, VALUE.to_owned())));
    let (status, logs) = run(&server).await;
    assert_eq!(status, RunStatus::Succeeded, "{logs}");
    assert!(logs.contains("it is ***"), "{logs}");
    assert_eq!(vault.lock().unwrap().logins, 1, "the token is kept");
    let listed = secret(&server, &["list"]);
    assert!(listed.contains("token"), "{listed}");

    vault.lock().unwrap().is_sealed = true;
    let (status, logs) = run(&server).await;
    assert_eq!(status, RunStatus::Errored);
    let why = r#"failed to read the secret \"token\" from secrets-vault"#;
    assert!(logs.contains(why) && logs.contains("503"), "{logs}");

    vault.lock().unwrap().is_sealed = false;
    secret(&server, &["migrate", "--from", "vault", "--to", "local"]);
    secret(&server, &["set", "token", "--value", VALUE]);
    assert_eq!(run(&server).await.0, RunStatus::Succeeded);
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test]
async fn secrets_come_from_the_environment_and_cannot_be_set_there() {
    let data = tempfile::tempdir().unwrap();
    let environment = [("TENON_SECRETS_BACKEND", "env"), ("TENON_SECRET_TOKEN", VALUE)];
    let server = Server::start_in(data.path(), &[], &environment).await;
    server.pipeline_set("use", PIPELINE).await;
    let (status, logs) = run(&server).await;
    assert_eq!(status, RunStatus::Succeeded, "{logs}");
    assert!(logs.contains("it is ***"), "{logs}");
    let mut command = tenon(&["--server", &server.url, "secret", "set", "x", "--value", VALUE]);
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("secrets-env cannot be written to"), "{said}");
    let listed = secret(&server, &["list", "--scope", "server"]);
    assert!(listed.contains("TOKEN") && !listed.contains(VALUE), "{listed}");
}

/// Where the S3 server of Python's package `moto[server]` is, if it is installed.
fn moto() -> Option<String> {
    let named = std::env::var("TENON_TEST_MOTO").ok();
    let name = named.unwrap_or_else(|| "moto_server".to_owned());
    Command::new(&name).arg("--help").output().is_ok_and(|it| it.status.success()).then_some(name)
}

/// Ends with the test.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn secrets_move_to_a_bucket_sealed_and_with_each_encryption() {
    let Some(moto) = moto() else {
        println!("skipped: there is no moto_server; pip install 'moto[server]' brings it");
        return;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _s3 = Ends(
        Command::new(moto)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    kernel_host::tls_install();
    let (client, url) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}"));
    let since = Instant::now();
    while client.put(format!("{url}/secrets")).send().await.is_err() {
        assert!(since.elapsed() < PATIENCE, "the S3 server does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let grant = format!("secrets-s3=http:* 127.0.0.1:{port}");
    for encrypt in ["", "sse-s3", "sse-kms", "sse-c"] {
        let data = tempfile::tempdir().unwrap();
        let prefix = format!("with/{encrypt}");
        let environment = [
            // A bucket alone would make it the backend from the beginning.
            ("TENON_SECRETS_BACKEND", "local"),
            ("TENON_SECRETS_S3_BUCKET", "secrets"),
            ("TENON_SECRETS_S3_ENDPOINT", url.as_str()),
            ("TENON_SECRETS_S3_PREFIX", prefix.as_str()),
            ("TENON_SECRETS_S3_ACCESS_KEY_ID", "testing"),
            ("TENON_SECRETS_S3_SECRET_ACCESS_KEY", "secret:backend/s3"),
            ("TENON_SECRETS_S3_ENCRYPT", encrypt),
            ("TENON_SECRETS_S3_SSE_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
        ];
        let server = Server::start_in(data.path(), &["--grant", &grant], &environment).await;
        server.pipeline_set("use", PIPELINE).await;
        secret(&server, &["set", "token", "--value", VALUE]);
        secret(&server, &["set", "team/other", "--value", "swordfish", "--pipeline", "use"]);
        secret(&server, &["set", "backend/s3", "--scope", "server", "--value", "testing"]);
        let said = secret(&server, &["migrate", "--from", "local", "--to", "s3"]);
        assert!(said.contains("moved 2 secrets; secrets-s3 is in use now"), "{said}");
        let (status, logs) = run(&server).await;
        assert_eq!(status, RunStatus::Succeeded, "{encrypt}: {logs}");
        let object = format!("{url}/secrets/{}/project/default/-/token", prefix.trim_matches('/'));
        // It lets in who says a name, and does not check the signature.
        let signed = "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, \
            SignedHeaders=host, Signature=0";
        let mut request = client.get(object).header("authorization", signed);
        if encrypt == "sse-c" {
            let name = |end: &str| format!("x-amz-server-side-encryption-customer-{end}");
            request = request
                .header(name("algorithm"), "AES256")
                .header(name("key"), "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
                .header(name("key-MD5"), "KYvwGXoFFJ42a2u2GDWhwQ==");
        }
        let object = request.send().await.unwrap();
        assert_eq!(object.status().as_u16(), 200, "{encrypt}");
        let said = object.headers().get("x-amz-server-side-encryption").cloned();
        let want = match encrypt {
            "sse-s3" => Some("AES256"),
            "sse-kms" => Some("aws:kms"),
            _ => None,
        };
        if want.is_some() {
            assert_eq!(said.as_ref().map(|value| value.to_str().unwrap()), want);
        }
        let text = object.text().await.unwrap();
        assert!(text.contains("sealed") && !text.contains("hunter2"), "{text}");
        let listed = secret(&server, &["list", "--pipeline", "use"]);
        assert!(listed.contains("team/other"), "{listed}");
        secret(&server, &["remove", "team/other", "--pipeline", "use"]);
        let listed = secret(&server, &["list", "--pipeline", "use"]);
        assert!(listed.contains("has no secrets"), "{listed}");
    }
}
