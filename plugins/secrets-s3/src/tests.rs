use serde_json::{Value, json};
use tenon_sdk::testing::http::{Canned, Sent};
use tenon_sdk::{Result, Secrets as _, testing};
use wit_envelope::secrets::{SecretAt, SecretScope, SecretValue, SecretWrite};

use super::Kept;

fn bucket(extra: Value, answers: Vec<Canned>) {
    testing::reset();
    let mut config = json!({
        "bucket": "b", "endpoint": "http://localhost:9000/", "prefix": "/ci/",
        "accessKeyId": "id", "secretAccessKey": "secret:backend/s3"
    });
    for (key, value) in extra.as_object().unwrap() {
        config[key] = value.clone();
    }
    testing::with(|host| {
        host.config = config;
        host.secrets.insert("backend/s3".to_owned(), "k3y".to_owned());
        host.answers = answers.into();
    });
}

fn sent() -> Vec<Sent> {
    testing::with(|host| host.sent.clone())
}

fn header<'a>(sent: &'a Sent, name: &str) -> Option<&'a str> {
    sent.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

fn write() -> Result<String> {
    let (scope, name) = ("project/a".to_owned(), "TOKEN".to_owned());
    Kept::write(SecretWrite { scope, name, value: "hunter22".to_owned() }).map(|done| done.version)
}

fn read(name: &str) -> Result<SecretValue> {
    Kept::read(SecretAt { scope: "project/a".to_owned(), name: name.to_owned() })
}

fn tagged(status: u16, body: impl Into<Vec<u8>>) -> Canned {
    let headers = vec![("ETag".to_owned(), "\"abc\"".to_owned())];
    Canned { headers, ..Canned::new(status, body) }
}

#[test]
fn a_value_leaves_sealed_and_comes_back_as_that_name_only() {
    bucket(json!({}), vec![tagged(200, "")]);
    assert_eq!(write().unwrap(), "abc");
    let put = sent().pop().unwrap();
    assert_eq!(
        (put.method.as_str(), put.url.as_str()),
        ("PUT", "http://localhost:9000/b/ci/project/a/-/TOKEN")
    );
    assert!(!String::from_utf8_lossy(&put.body).contains("hunter22"));
    assert!(header(&put, "authorization").unwrap().starts_with("AWS4-HMAC-SHA256 Credential=id/"));
    bucket(json!({}), vec![tagged(200, put.body.clone()), tagged(200, put.body)]);
    assert_eq!(read("TOKEN").unwrap().value, "hunter22");
    assert_eq!(read("OTHER").unwrap_err().code, "invalid");
}

#[test]
fn a_missing_object_and_a_missing_bucket_are_told_apart() {
    let error = |code: &str| Canned::new(404, format!("<Error><Code>{code}</Code></Error>"));
    bucket(
        json!({}),
        vec![error("NoSuchKey"), error("NoSuchBucket"), Canned::new(403, ""), Canned::new(503, "")],
    );
    let codes: Vec<String> = (0..4).map(|_| read("TOKEN").unwrap_err().code).collect();
    assert_eq!(codes, ["not-found", "invalid", "denied", "unavailable"]);
}

#[test]
fn each_mode_of_encryption_has_its_headers() {
    let key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    let name = |end: &str| format!("x-amz-server-side-encryption{end}");
    bucket(json!({ "encrypt": "sse-s3" }), vec![tagged(200, "")]);
    write().unwrap();
    assert_eq!(header(&sent()[0], &name("")), Some("AES256"));
    bucket(json!({ "encrypt": "sse-kms", "kmsKeyId": "k" }), vec![tagged(200, "")]);
    write().unwrap();
    assert_eq!(header(&sent()[0], &name("")), Some("aws:kms"));
    assert_eq!(header(&sent()[0], &name("-aws-kms-key-id")), Some("k"));
    bucket(
        json!({ "encrypt": "sse-c", "sseKey": key }),
        vec![tagged(200, ""), Canned::new(404, "")],
    );
    write().unwrap();
    read("TOKEN").unwrap_err();
    for sent in sent() {
        assert_eq!(header(&sent, &name("-customer-key")), Some(key));
        // printf 01234567890123456789012345678901 | openssl md5 -binary | base64
        assert_eq!(header(&sent, &name("-customer-key-md5")), Some("KYvwGXoFFJ42a2u2GDWhwQ=="));
    }
    bucket(json!({ "encrypt": "sse-c", "sseKey": "c2hvcnQ=" }), vec![]);
    assert_eq!(write().unwrap_err().code, "invalid");
    bucket(
        json!({ "encrypt": "sse-c", "sseKey": key, "endpoint": "http://s3.example.com" }),
        vec![],
    );
    assert_eq!(write().unwrap_err().code, "invalid");
}

#[test]
fn a_list_follows_its_pages() {
    let page = |key: &str, next: &str| {
        Canned::new(200, format!("<L><Key>ci/server/-/{key}</Key>{next}</L>"))
    };
    let next = "<NextContinuationToken>a=/b</NextContinuationToken>";
    bucket(json!({}), vec![page("two/x", next), page("one", "")]);
    let names = Kept::list(SecretScope { scope: "server".to_owned() }).unwrap().names;
    assert_eq!(names, ["one", "two/x"]);
    let urls: Vec<String> = sent().into_iter().map(|sent| sent.url).collect();
    assert_eq!(
        urls,
        [
            "http://localhost:9000/b?list-type=2&prefix=ci%2Fserver%2F-%2F",
            "http://localhost:9000/b?continuation-token=a%3D%2Fb&list-type=2&prefix=ci%2Fserver%2F-%2F",
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
