use serde_json::{Value, json};
use tenon_sdk::testing::http::{Canned, Sent};
use tenon_sdk::{Result, Secrets as _, testing};
use wit_envelope::secrets::{SecretAt, SecretScope, SecretValue, SecretWrite};

use super::Kept;

fn vault(config: Value, answers: &[(u16, Value)]) {
    testing::reset();
    testing::with(|host| {
        host.config = config;
        host.secrets.insert("backend/secret-id".to_owned(), "s3cr3t-1d".to_owned());
        host.answers =
            answers.iter().map(|(status, body)| Canned::new(*status, body.to_string())).collect();
    });
}

fn with_token(answers: &[(u16, Value)]) {
    let config =
        json!({ "url": "https://vault:8200/", "token": "secret:backend/token", "prefix": "ci" });
    vault(config, answers);
}

fn with_role(answers: &[(u16, Value)]) {
    let config = json!({
        "url": "https://vault:8200", "mount": "kv", "namespace": "team", "roleId": "r0le",
        "secretId": "secret:backend/secret-id"
    });
    vault(config, answers);
}

fn sent() -> Vec<Sent> {
    testing::with(|host| host.sent.clone())
}

fn header<'a>(sent: &'a Sent, name: &str) -> Option<&'a str> {
    sent.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

fn read() -> Result<SecretValue> {
    Kept::read(SecretAt { scope: "project/a".to_owned(), name: "team/TOKEN".to_owned() })
}

fn found(value: &str) -> Value {
    // As https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 shows it.
    json!({ "data": { "data": { "value": value }, "metadata": { "version": 2 } } })
}

#[test]
fn a_value_is_read_with_a_token_that_the_plugin_never_sees() {
    with_token(&[(200, found("hunter22"))]);
    let read = read().unwrap();
    assert_eq!((read.value.as_str(), read.version.as_str()), ("hunter22", "2"));
    let sent = sent();
    assert_eq!(sent[0].url, "https://vault:8200/v1/secret/data/ci/project/a/-/team~TOKEN");
    assert_eq!(header(&sent[0], "x-vault-token"), Some("secret:backend/token"));
}

#[test]
fn what_is_missing_or_removed_is_not_found() {
    with_token(&[(404, json!({ "errors": [] }))]);
    assert_eq!(read().unwrap_err().code, "not-found");
    with_token(&[(200, json!({ "data": { "data": null, "metadata": { "version": 3 } } }))]);
    assert_eq!(read().unwrap_err().code, "not-found");
}

#[test]
fn a_refused_token_and_a_sealed_vault_are_told_apart() {
    with_token(&[(403, json!({ "errors": ["permission denied"] }))]);
    assert_eq!(read().unwrap_err().code, "denied");
    with_token(&[(503, json!({ "errors": ["Vault is sealed"] }))]);
    assert_eq!(read().unwrap_err().code, "unavailable");
}

#[test]
fn a_role_logs_in_once_and_again_when_its_token_is_refused() {
    let login = |token: &str| json!({ "auth": { "client_token": token, "lease_duration": 3600 } });
    let ok = || (200, found("hunter22"));
    with_role(&[(200, login("t1")), ok(), ok(), (403, Value::Null), (200, login("t2")), ok()]);
    for _ in 0..3 {
        assert_eq!(read().unwrap().value, "hunter22");
    }
    let sent = sent();
    let urls: Vec<&str> =
        sent.iter().map(|sent| &sent.url["https://vault:8200/v1/".len()..]).collect();
    let (login, data) = ("auth/approle/login", "kv/data/project/a/-/team~TOKEN");
    assert_eq!(urls, [login, data, data, data, login, data]);
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    assert_eq!(body, json!({ "role_id": "r0le", "secret_id": "s3cr3t-1d" }));
    let tokens: Vec<_> = sent.iter().filter_map(|sent| header(sent, "x-vault-token")).collect();
    assert_eq!(tokens, ["t1", "t1", "t1", "t2"]);
    assert!(sent.iter().all(|sent| header(sent, "x-vault-namespace") == Some("team")));
}

#[test]
fn values_are_written_listed_and_removed_with_all_versions() {
    let keys = json!({ "data": { "keys": ["b", "team~TOKEN", "folder/"] } });
    with_token(&[
        (200, json!({ "data": { "version": 7 } })),
        (200, keys),
        (404, Value::Null),
        (204, Value::Null),
    ]);
    let (scope, name) = ("server".to_owned(), "b".to_owned());
    let write =
        SecretWrite { scope: scope.clone(), name: name.clone(), value: "hunter22".to_owned() };
    assert_eq!(Kept::write(write).unwrap().version, "7");
    let list = || Kept::list(SecretScope { scope: scope.clone() }).unwrap().names;
    assert_eq!(list(), ["b", "team/TOKEN"]);
    assert!(list().is_empty());
    Kept::remove(SecretAt { scope, name }).unwrap();
    let sent: Vec<String> =
        sent().iter().map(|sent| format!("{} {}", sent.method, &sent.url[22..])).collect();
    assert_eq!(
        sent,
        [
            "POST secret/data/ci/server/-/b",
            "GET secret/metadata/ci/server/-/?list=true",
            "GET secret/metadata/ci/server/-/?list=true",
            "DELETE secret/metadata/ci/server/-/b",
        ]
    );
}

#[test]
fn the_manifest_fits_the_plugin() {
    testing::check_manifest(
        include_str!("../manifest.json"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    );
}
