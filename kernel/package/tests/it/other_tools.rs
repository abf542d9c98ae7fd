//! Signatures and artifacts that other programs make and read: openssl, minisign, skopeo.

use std::fs;

use kernel_package::artifact::{Artifact, Facts};
use kernel_package::signing::{KeyKind, NewKey, SecretKey};
use kernel_package::{Digest, Source, Trust, TrustStore, layout};

use super::registry::Registry;
use super::{COMPONENT, fetcher, run, trusting};

fn trusted() -> Trust {
    Trust::Trusted { key: "acme".to_owned() }
}

async fn judged(file: &std::path::Path, store: &TrustStore) -> Trust {
    let package = fetcher(kernel_package::fetch::Access::default());
    let package = package.fetch(&Source::File(file.to_owned())).await.unwrap();
    store.judge(&package)
}

#[tokio::test]
async fn a_signature_that_openssl_made_over_a_file_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nice.wasm");
    fs::write(&file, COMPONENT).unwrap();
    for (generate, sign) in [
        (
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
            "dgst -sha256 -sign key.pem -out raw nice.wasm",
        ),
        (
            "genpkey -algorithm ed25519 -out key.pem",
            "pkeyutl -sign -rawin -inkey key.pem -in nice.wasm -out raw",
        ),
    ] {
        for arguments in [generate, "pkey -in key.pem -pubout -out key.pub", sign] {
            let arguments: Vec<&str> = arguments.split(' ').collect();
            run("openssl", &arguments, folder.path());
        }
        let store = trusting(&fs::read_to_string(folder.path().join("key.pub")).unwrap(), "*");
        // As it is, and in base64 as cosign writes it.
        fs::copy(folder.path().join("raw"), folder.path().join("nice.wasm.sig")).unwrap();
        assert_eq!(judged(&file, &store).await, trusted());
        run("openssl", &["base64", "-in", "raw", "-out", "nice.wasm.sig"], folder.path());
        assert_eq!(judged(&file, &store).await, trusted());
        // Our own reading of that secret key gives the same public key.
        let secret = fs::read_to_string(folder.path().join("key.pem")).unwrap();
        let secret = SecretKey::parse(&secret, None).unwrap();
        let public = fs::read_to_string(folder.path().join("key.pub")).unwrap();
        assert_eq!(secret.public().unwrap(), public);
        fs::write(&file, b"evil").unwrap();
        assert_eq!(judged(&file, &store).await, Trust::Unsigned);
        fs::write(&file, COMPONENT).unwrap();
    }
}

#[tokio::test]
async fn an_artifact_signed_by_openssl_as_cosign_does_is_trusted() {
    let registry = Registry::open();
    let folder = tempfile::tempdir().unwrap();
    let reference = registry.reference("team/nice:1.0.0");
    let client = fetcher(registry.access()).registry(&reference).unwrap();
    let made = Artifact::make(COMPONENT, &Facts::default());
    let digest = client.push(COMPONENT, &made).await.unwrap();
    // Written by hand from the specification, with its order and its blanks.
    let payload = format!(
        "{{\"critical\":{{\"identity\":{{\"docker-reference\":\"\"}},\
         \"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\
         \"type\":\"cosign container image signature\"}}, \"optional\": null}}\n"
    );
    fs::write(folder.path().join("payload"), &payload).unwrap();
    for arguments in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
        "pkey -in key.pem -pubout -out key.pub",
        "dgst -sha256 -sign key.pem -out raw payload",
    ] {
        run("openssl", &arguments.split(' ').collect::<Vec<_>>(), folder.path());
    }
    let signature = fs::read(folder.path().join("raw")).unwrap();
    client.signature_push(digest, payload.as_bytes(), &signature).await.unwrap();
    let package = fetcher(registry.access()).fetch(&Source::Oci(reference)).await.unwrap();
    let store = trusting(&fs::read_to_string(folder.path().join("key.pub")).unwrap(), "*");
    assert_eq!(store.judge(&package), trusted());
}

#[test]
fn openssl_accepts_what_our_keys_sign() {
    for (kind, verify) in [
        (KeyKind::Cosign, "dgst -sha256 -verify key.pub -signature raw nice.wasm"),
        (
            KeyKind::Ed25519,
            "pkeyutl -verify -rawin -pubin -inkey key.pub -in nice.wasm -sigfile raw",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let new = NewKey::generate(kind, None).unwrap();
        let secret = SecretKey::parse(&new.secret, None).unwrap();
        fs::write(folder.path().join("nice.wasm"), COMPONENT).unwrap();
        fs::write(folder.path().join("key.pem"), &new.secret).unwrap();
        fs::write(folder.path().join("key.pub"), &new.public).unwrap();
        fs::write(folder.path().join("raw"), secret.sign(COMPONENT).unwrap()).unwrap();
        run("openssl", &verify.split(' ').collect::<Vec<_>>(), folder.path());
        // It reads the secret key, too.
        run("openssl", &["pkey", "-in", "key.pem", "-noout"], folder.path());
    }
}

#[tokio::test]
async fn minisign_and_we_understand_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nice.wasm");
    fs::write(&file, COMPONENT).unwrap();
    run("minisign", &["-G", "-W", "-p", "their.pub", "-s", "their.key"], folder.path());
    run("minisign", &["-S", "-s", "their.key", "-m", "nice.wasm"], folder.path());
    let store = trusting(&fs::read_to_string(folder.path().join("their.pub")).unwrap(), "*");
    assert_eq!(judged(&file, &store).await, trusted());
    // Their secret key signs here, and ours there.
    let secret = fs::read_to_string(folder.path().join("their.key")).unwrap();
    let secret = SecretKey::parse(&secret, None).unwrap();
    let new = NewKey::generate(KeyKind::Minisign, None).unwrap();
    fs::write(folder.path().join("our.pub"), &new.public).unwrap();
    let ours = SecretKey::parse(&new.secret, None).unwrap();
    fs::write(folder.path().join("our.key"), &new.secret).unwrap();
    run("minisign", &["-S", "-s", "our.key", "-m", "nice.wasm"], folder.path());
    for (key, public) in [(secret, "their.pub"), (ours, "our.pub")] {
        let (ending, text) = key.file_sign(COMPONENT).unwrap();
        fs::write(folder.path().join(format!("nice.wasm{ending}")), text).unwrap();
        run("minisign", &["-V", "-p", public, "-m", "nice.wasm"], folder.path());
    }
}

#[tokio::test]
async fn skopeo_copies_our_layout_into_a_registry() {
    let registry = Registry::open();
    let folder = tempfile::tempdir().unwrap();
    let made = Artifact::make(COMPONENT, &Facts::default());
    layout::write(&folder.path().join("nice"), COMPONENT, &made, "1.0.0").unwrap();
    let to = format!("docker://{}/nice:1.0.0", registry.address);
    let arguments = ["copy", "--insecure-policy", "--dest-tls-verify=false", "oci:nice:1.0.0", &to];
    run("skopeo", &arguments, folder.path());
    let source = Source::Oci(registry.reference("nice:1.0.0"));
    let package = fetcher(registry.access()).fetch(&source).await.unwrap();
    assert_eq!(package.artifact_digest(), Some(Digest::of(&made.manifest)));
    let err = layout::write(&folder.path().join("nice"), COMPONENT, &made, "1.0.0").unwrap_err();
    assert!(err.to_string().contains("not empty"), "{err}");
}
