//! Push, sign, pull and verify with a registry, and what happens when it lies.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use kernel_package::artifact::{Artifact, Facts};
use kernel_package::credentials::{Credentials, Login};
use kernel_package::fetch::Access;
use kernel_package::signing::KeyKind;
use kernel_package::{Digest, FetchError, Fetcher, Limits, Package, Reference, Source, Trust};

use super::registry::Registry;
use super::{COMPONENT, fetcher, key};

fn facts() -> Facts {
    Facts { name: "nice".to_owned(), version: "1.0.0".to_owned(), ..Facts::default() }
}

async fn push(access: Access, reference: &Reference, component: &[u8]) -> Digest {
    let registry = fetcher(access).registry(reference).unwrap();
    registry.push(component, &Artifact::make(component, &facts())).await.unwrap()
}

async fn fetch(access: Access, reference: &Reference) -> Result<Package, FetchError> {
    fetcher(access).fetch(&Source::Oci(reference.clone())).await
}

#[track_caller]
fn refused(fetched: Result<Package, FetchError>, because: &str) {
    let err = fetched.unwrap_err();
    let source = std::error::Error::source(&err).map(ToString::to_string).unwrap_or_default();
    let text = format!("{err}: {source}");
    assert!(text.contains(because), "{text}");
}

#[tokio::test]
async fn what_is_pushed_can_be_fetched_by_tag_and_by_digest() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    let digest = push(registry.access(), &reference, COMPONENT).await;
    let package = fetch(registry.access(), &reference).await.unwrap();
    assert_eq!(package.bytes, COMPONENT);
    assert_eq!(package.digest, Digest::of(COMPONENT));
    assert_eq!(package.origin, reference.to_string());
    assert_eq!(package.artifact_digest(), Some(digest));
    assert_eq!(package.signatures, []);
    let pinned = registry.reference(&format!("team/nice@{digest}"));
    assert_eq!(fetch(registry.access(), &pinned).await.unwrap().bytes, COMPONENT);
    // Once more: everything is there, and nothing changes.
    assert_eq!(push(registry.access(), &reference, COMPONENT).await, digest);
}

#[tokio::test]
async fn a_private_registry_needs_its_certificate_and_a_login() {
    let registry = Registry::private();
    let reference = registry.reference("team/nice:1.0.0");
    let login = Login { user: "me".to_owned(), password: "hunter2".to_owned() };
    let access = Access {
        credentials: Credentials::anywhere(login),
        ca: Some(registry.ca()),
        ..Access::default()
    };
    push(access.clone(), &reference, COMPONENT).await;
    assert_eq!(fetch(access.clone(), &reference).await.unwrap().bytes, COMPONENT);
    refused(fetch(Access { ca: None, ..access.clone() }, &reference).await, "by --ca");
    let nobody = Access { credentials: Credentials::default(), ..access };
    refused(fetch(nobody, &reference).await, "refuses without a login");
}

#[tokio::test]
async fn an_artifact_is_trusted_by_its_signatures() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    let digest = push(registry.access(), &reference, COMPONENT).await;
    let (cosign, cosign_store) = key(KeyKind::Cosign, &reference.to_string());
    let (ed25519, ed25519_store) = key(KeyKind::Ed25519, "*");
    let client = fetcher(registry.access()).registry(&reference).unwrap();
    let payload = client.signing_payload(digest);
    for key in [&cosign, &ed25519, &ed25519] {
        let signature = key.sign(&payload).unwrap();
        client.signature_push(digest, &payload, &signature).await.unwrap();
    }
    let package = fetch(registry.access(), &reference).await.unwrap();
    // Ed25519 always signs the same, and the same signature is kept once.
    assert_eq!(package.signatures.len(), 2);
    for store in [cosign_store, ed25519_store] {
        assert_eq!(store.judge(&package), Trust::Trusted { key: "acme".to_owned() });
    }
    let (_, stranger) = key(KeyKind::Cosign, "*");
    assert_eq!(stranger.judge(&package), Trust::Unsigned);
}

#[tokio::test]
async fn a_tag_that_was_moved_keeps_no_signature() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    let digest = push(registry.access(), &reference, COMPONENT).await;
    let (key, store) = key(KeyKind::Cosign, &reference.to_string());
    let client = fetcher(registry.access()).registry(&reference).unwrap();
    let payload = client.signing_payload(digest);
    client.signature_push(digest, &payload, &key.sign(&payload).unwrap()).await.unwrap();
    push(registry.access(), &reference, b"evil").await;
    let package = fetch(registry.access(), &reference).await.unwrap();
    let Trust::Refused { reason } = store.judge(&package) else { panic!("it is trusted") };
    assert!(reason.contains("it is not signed"), "{reason}");
}

#[tokio::test]
async fn a_registry_that_gives_other_bytes_is_caught() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    let digest = push(registry.access(), &reference, COMPONENT).await;
    fs::write(registry.blob(&Digest::of(COMPONENT).hex()), b"evilevil").unwrap();
    refused(fetch(registry.access(), &reference).await, "it was changed since, or on its way");
    let pinned = registry.reference(&format!("team/nice@{digest}"));
    let other = Artifact::make(b"evilevil", &facts()).manifest;
    fs::write(registry.blob(&digest.hex()), other).unwrap();
    refused(fetch(registry.access(), &pinned).await, "digest");
}

#[tokio::test]
async fn what_is_no_component_is_refused_by_its_kind() {
    let registry = Registry::open();
    let reference = registry.reference("team/image:1");
    let client = fetcher(registry.access()).registry(&reference).unwrap();
    let text = String::from_utf8(Artifact::make(COMPONENT, &facts()).manifest).unwrap();
    let mut made = Artifact::make(COMPONENT, &facts());
    let image = "application/vnd.oci.image.config.v1+json";
    made.manifest = text.replace("application/vnd.wasm.config.v0+json", image).into_bytes();
    client.push(COMPONENT, &made).await.unwrap();
    refused(fetch(registry.access(), &reference).await, "it is no WebAssembly artifact");
    made.manifest = text.replace("\"application/wasm\"", "\"text/plain\"").into_bytes();
    client.push(COMPONENT, &made).await.unwrap();
    refused(fetch(registry.access(), &reference).await, "0 layers of the type");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let registry = Registry::open();
    let reference = registry.reference("team/gone:1");
    let text = format!("{reference} is not there; check name and version");
    refused(fetch(registry.access(), &reference).await, &text);
}

#[tokio::test]
async fn a_closed_registry_wants_a_login() {
    let registry = Registry::closed();
    let reference = registry.reference("team/nice:1.0.0");
    let login = |password: &str| {
        let login = Login { user: "me".to_owned(), password: password.to_owned() };
        Access { credentials: Credentials::anywhere(login), ..registry.access() }
    };
    push(login("hunter2"), &reference, COMPONENT).await;
    assert_eq!(fetch(login("hunter2"), &reference).await.unwrap().bytes, COMPONENT);
    refused(fetch(registry.access(), &reference).await, "refuses without a login; give --user");
    let wrong = fetch(login("hunter3"), &reference).await;
    refused(wrong, "does not accept the login of \"me\"");
    // As container tools keep it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.json");
    let auths =
        serde_json::json!({ "auths": { &registry.address: { "auth": "bWU6aHVudGVyMg==" } } });
    fs::write(&file, auths.to_string()).unwrap();
    let access = Access { credentials: Credentials::read(&file).unwrap(), ..registry.access() };
    assert_eq!(fetch(access, &reference).await.unwrap().bytes, COMPONENT);
}

#[tokio::test]
async fn a_registry_without_tls_must_be_named() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    push(registry.access(), &reference, COMPONENT).await;
    refused(fetch(Access::default(), &reference).await, &registry.address);
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_named() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let reference: Reference = format!("oci://127.0.0.1:{port}/nice:1").parse().unwrap();
    let access = || Access { plain_http: [reference.registry.clone()].into(), ..Access::default() };
    let text = format!("127.0.0.1:{port} cannot be reached");
    refused(fetch(access(), &reference).await, &text);
    let reference: Reference = "oci://registry.invalid/nice:1".parse().unwrap();
    refused(fetch(Access::default(), &reference).await, "registry.invalid cannot be reached");
}

#[tokio::test]
async fn a_component_larger_than_the_limit_is_not_read() {
    let registry = Registry::open();
    let reference = registry.reference("team/nice:1.0.0");
    push(registry.access(), &reference, &[0; 4096]).await;
    let limits = Limits { bytes: 4095, ..Limits::default() };
    let fetcher = Fetcher::new(registry.access(), limits).unwrap();
    refused(fetcher.fetch(&Source::Oci(reference)).await, "larger than 4095 bytes");
}

#[tokio::test]
async fn a_registry_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let reference: Reference = format!("oci://{address}/nice:1").parse().unwrap();
    let access = Access { plain_http: [address].into(), ..Access::default() };
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let fetcher = Fetcher::new(access, limits).unwrap();
    refused(fetcher.fetch(&Source::Oci(reference)).await, "was not fetched within");
}
