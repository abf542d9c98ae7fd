use std::fs;

use super::{Key, Pattern, Trust, TrustStore};
use crate::artifact::{Artifact, Facts};
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::package::Package;
use crate::signature::Signature;
use crate::signing::{KeyKind, NewKey, SecretKey};
use crate::simple_signing;

const ORIGIN: &str = "oci://r.example/team/nice:1.0.0";

/// A key with the store that trusts it for `origins`.
fn key(kind: KeyKind, origins: &[&str]) -> (SecretKey, TrustStore) {
    let new = NewKey::generate(kind, None).unwrap();
    let public = PublicKey::parse(&new.public).unwrap();
    let origins = origins.iter().map(|origin| origin.parse().unwrap()).collect();
    let mut store = TrustStore::default();
    store.key_add("acme".to_owned(), Key { public, origins });
    (SecretKey::parse(&new.secret, None).unwrap(), store)
}

fn package(bytes: &[u8], signatures: Vec<Signature>) -> Package {
    Package::new(bytes.to_vec(), ORIGIN.to_owned(), signatures)
}

fn minisign(key: &SecretKey, bytes: &[u8]) -> Signature {
    Signature::Minisign(key.file_sign(bytes).unwrap().1)
}

fn simple(key: &SecretKey, subject: Digest) -> Signature {
    let payload = simple_signing::payload("r.example/team/nice", subject);
    Signature::Simple { signature: key.sign(&payload).unwrap(), payload }
}

#[track_caller]
fn refused(trust: &Trust, because: &str) {
    let Trust::Refused { reason } = trust else { panic!("{trust:?}") };
    assert!(reason.contains(because), "{reason}");
}

fn trusted() -> Trust {
    Trust::Trusted { key: "acme".to_owned() }
}

#[test]
fn a_signature_by_a_known_key_for_its_origin_is_trusted() {
    for origins in [&["*"][..], &["oci://r.example/*"], &["oci://r.example/team/nice"]] {
        let (key, store) = key(KeyKind::Minisign, origins);
        let package = package(b"nice", vec![minisign(&key, b"nice")]);
        assert_eq!(store.judge(&package), trusted(), "{origins:?}");
    }
}

#[test]
fn an_artifact_is_trusted_by_a_signature_over_its_manifest() {
    for kind in [KeyKind::Cosign, KeyKind::Ed25519] {
        let (key, store) = key(kind, &["*"]);
        let made = Artifact::make(b"nice", &Facts::default());
        let signature = simple(&key, Digest::of(&made.manifest));
        let good = package(b"nice", vec![signature.clone()]);
        let good = good.with_artifact(made.manifest.clone()).unwrap();
        assert_eq!(store.judge(&good), trusted());
        // The same signature beside another artifact.
        let other = Artifact::make(b"evil", &Facts::default());
        let evil = package(b"evil", vec![signature.clone()]);
        let evil = evil.with_artifact(other.manifest).unwrap();
        refused(&store.judge(&evil), "another artifact");
        // The signed manifest beside other bytes.
        let swapped = package(b"evil", vec![signature.clone()]);
        assert!(swapped.with_artifact(made.manifest).is_err());
        // A payload that was changed.
        let Signature::Simple { signature, .. } = signature else { unreachable!() };
        let payload = simple_signing::payload("r.example/team/nice", Digest::of(b"x"));
        let forged = package(b"nice", vec![Signature::Simple { payload, signature }]);
        assert_eq!(store.judge(&forged), Trust::Unsigned);
    }
}

#[test]
fn a_changed_file_is_refused() {
    let (key, store) = key(KeyKind::Minisign, &["*"]);
    let package = package(b"evil", vec![minisign(&key, b"nice")]);
    refused(&store.judge(&package), "the minisign signature of \"acme\" is bad");
}

#[test]
fn a_key_may_not_sign_for_an_origin_that_is_not_its_own() {
    let (key, store) = key(KeyKind::Minisign, &["oci://other.example/*"]);
    let package = package(b"nice", vec![minisign(&key, b"nice")]);
    refused(&store.judge(&package), "may not sign for oci://r.example/team/nice:1.0.0");
}

#[test]
fn nothing_by_a_known_key_is_unsigned() {
    let (_, store) = key(KeyKind::Minisign, &["*"]);
    assert_eq!(store.judge(&package(b"nice", Vec::new())), Trust::Unsigned);
    let (stranger, _) = key(KeyKind::Minisign, &["*"]);
    let package = package(b"nice", vec![minisign(&stranger, b"nice")]);
    assert_eq!(store.judge(&package), Trust::Unsigned);
    assert_eq!(TrustStore::default().judge(&package), Trust::Unsigned);
}

#[test]
fn leaving_a_signature_out_does_not_help_where_one_is_expected() {
    let (_, store) = key(KeyKind::Cosign, &["oci://r.example/team/*"]);
    let unsigned = store.judge(&package(b"nice", Vec::new()));
    refused(&unsigned, "it is not signed; what comes from oci://r.example/team/nice:1.0.0 must be");
    let (stranger, _) = key(KeyKind::Minisign, &["*"]);
    let foreign = store.judge(&package(b"nice", vec![minisign(&stranger, b"nice")]));
    refused(&foreign, "no known key made its signatures (minisign key ");
}

#[test]
fn all_keys_are_named_that_may_sign() {
    let (_, mut store) = key(KeyKind::Cosign, &["oci://r.example/team/*"]);
    for (name, origin) in
        [("both", "oci://r.example/*"), ("all", "*"), ("else", "oci://e.example/*")]
    {
        let public = PublicKey::parse(&NewKey::generate(KeyKind::Cosign, None).unwrap().public);
        let key = Key { public: public.unwrap(), origins: vec![origin.parse().unwrap()] };
        store.key_add(name.to_owned(), key);
    }
    let unsigned = store.judge(&package(b"nice", Vec::new()));
    refused(&unsigned, "must be signed by \"acme\" or \"both\", as the trust store says");
}

#[test]
fn one_good_signature_among_strange_ones_is_enough() {
    let (stranger, _) = key(KeyKind::Cosign, &["*"]);
    let (key, store) = key(KeyKind::Minisign, &["*"]);
    let strange = Signature::Detached(stranger.sign(b"nice").unwrap());
    let garbage = Signature::Minisign("garbage".to_owned());
    let package = package(b"nice", vec![strange, garbage, minisign(&key, b"nice")]);
    assert_eq!(store.judge(&package), trusted());
}

#[test]
fn a_pattern_covers_what_is_below_it_and_nothing_else() {
    let covers = |pattern: &str, origin: &str| pattern.parse::<Pattern>().unwrap().covers(origin);
    assert!(covers("oci://r.example/team/*", ORIGIN));
    assert!(covers("oci://r.example/team/nice", ORIGIN));
    assert!(covers("oci://r.example/team/nice:1.0.0", ORIGIN));
    assert!(!covers("oci://r.example/team/nice:1", ORIGIN));
    assert!(!covers("oci://r.example/team", ORIGIN));
    assert!(!covers("oci://r.example/team/ni", ORIGIN));
    assert!(!covers("https://a.example/p", "https://a.example/p:8"));
    assert!(!covers("https://a.example/*", "https://a.example.evil.org/p"));
    assert!(!covers("file:///plugins/*", "file:///plugins/../evil.wasm"));
    let refused = |text: &str| text.parse::<Pattern>().unwrap_err().to_string();
    assert!(refused("https://a.example*").contains("ends with \"/*\""));
    assert!(refused("https://*/p").contains("in its midst"));
    assert!(refused("a.example/p").contains("begin it with oci://"));
}

#[test]
fn a_store_is_read_from_a_file_or_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let cosign = NewKey::generate(KeyKind::Cosign, None).unwrap().public;
    fs::write(folder.path().join("acme.pub"), cosign).unwrap();
    let acme = "[keys.acme]\nfile = \"acme.pub\"\norigins = [\"oci://r.example/acme/*\"]\n";
    fs::write(folder.path().join("a.toml"), acme).unwrap();
    let minisign = NewKey::generate(KeyKind::Minisign, None).unwrap().public;
    let line = minisign.lines().nth(1).unwrap();
    let other = format!("[keys.other]\nkey = \"{line}\"\norigins = [\"*\"]\n");
    fs::write(folder.path().join("b.toml"), other).unwrap();
    let store = TrustStore::read(folder.path()).unwrap();
    let names: Vec<&str> = store.keys().map(|(name, _)| name).collect();
    assert_eq!(names, ["acme", "other"]);
    assert_eq!(TrustStore::read(&folder.path().join("a.toml")).unwrap().keys().count(), 1);
}

#[test]
fn a_store_with_a_mistake_is_refused_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trust.toml");
    let refused = |text: &str| {
        fs::write(&path, text).unwrap();
        let err = TrustStore::read(&path).unwrap_err();
        format!(
            "{err}: {}",
            std::error::Error::source(&err).map(ToString::to_string).unwrap_or_default()
        )
    };
    assert!(refused("keys = 1").contains("is no trust store"));
    assert!(refused("[keys.a]\norigin = [\"*\"]").contains("origin"));
    assert!(refused("[keys.a]\norigins = [\"*\"]").contains("needs either `key`"));
    assert!(refused("[keys.a]\nkey = \"x\"\norigins = [\"*\"]").contains("no public key"));
    let key = "[keys.a]\nkey = \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"\n";
    assert!(refused(key).contains("name its `origins`"));
    assert!(refused(&format!("{key}origins = [\"a*\"]")).contains("in its midst"));
    assert!(refused("[keys.a]\nfile = \"gone\"\norigins = [\"*\"]").contains("failed to read"));
}

#[test]
fn a_path_that_climbs_is_refused_whoever_signed_it() {
    // No pattern covers it, so that leaving a signature out would go unnoticed.
    let (_, store) = key(KeyKind::Ed25519, &["file:///*"]);
    let origin = "file:///srv/plugins/../mine.wasm".to_owned();
    let climbing = Package::new(b"a plugin".to_vec(), origin, vec![]);
    refused(&store.judge(&climbing), "has `..` in it");
}
