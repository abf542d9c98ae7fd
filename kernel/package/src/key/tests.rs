use super::PublicKey;
use crate::signing::{KeyKind, NewKey};

#[track_caller]
fn refused(text: &str, because: &str) {
    let err = PublicKey::parse(text).unwrap_err().to_string();
    assert!(err.contains(because), "{text}: {err}");
}

#[test]
fn a_key_shows_a_fingerprint_that_people_can_compare() {
    // Made with `openssl genpkey -algorithm ed25519`.
    let text = "-----BEGIN PUBLIC KEY-----\n\
                MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                -----END PUBLIC KEY-----\n";
    let key = PublicKey::parse(text).unwrap();
    assert!(key.fingerprint().starts_with("ed25519 "), "{}", key.fingerprint());
    // The line that minisign's own manual shows.
    let key = PublicKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3");
    assert_eq!(key.unwrap().fingerprint(), "minisign E7620F1842B4E81F");
}

#[test]
fn what_is_no_public_key_is_refused() {
    refused("", "no public key");
    refused("hello there", "no public key");
    refused("RWQf6LRCGA9i53mlYecO4IzT51TG", "no public key");
    refused("-----BEGIN PUBLIC KEY-----\nAAAA", "damaged");
    refused("-----BEGIN PUBLIC KEY-----\n!!\n-----END PUBLIC KEY-----", "damaged");
    refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "neither");
}

#[test]
fn a_secret_key_in_a_trust_store_is_noticed() {
    for kind in [KeyKind::Cosign, KeyKind::Minisign, KeyKind::Ed25519] {
        refused(&NewKey::generate(kind, None).unwrap().secret, "secret key");
    }
}
