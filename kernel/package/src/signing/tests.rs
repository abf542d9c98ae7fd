use super::{KeyKind, NewKey, SecretKey};
use crate::key::{PublicKey, Verdict};
use crate::package::Package;
use crate::signature::Signature;

const KINDS: [KeyKind; 3] = [KeyKind::Cosign, KeyKind::Minisign, KeyKind::Ed25519];

fn read(ending: &str, text: &str) -> Signature {
    match ending {
        ".minisig" => Signature::Minisign(text.to_owned()),
        _ => Signature::detached(text.as_bytes()),
    }
}

#[test]
fn what_a_new_key_signs_its_public_key_accepts() {
    for kind in KINDS {
        let new = NewKey::generate(kind, None).unwrap();
        let secret = SecretKey::parse(&new.secret, None).unwrap();
        assert_eq!(secret.kind(), kind);
        assert_eq!(secret.public().unwrap(), new.public);
        let public = PublicKey::parse(&new.public).unwrap();
        let (ending, text) = secret.file_sign(b"bytes").unwrap();
        let signature = read(ending, &text);
        let good = Package::new(b"bytes".to_vec(), String::new(), Vec::new());
        assert_eq!(public.verdict(&signature, &good), Verdict::Good, "{kind:?}");
        let evil = Package::new(b"bytez".to_vec(), String::new(), Vec::new());
        assert_ne!(public.verdict(&signature, &evil), Verdict::Good, "{kind:?}");
        let other = NewKey::generate(kind, None).unwrap();
        let other = PublicKey::parse(&other.public).unwrap();
        assert_eq!(other.verdict(&signature, &good), Verdict::Foreign, "{kind:?}");
    }
}

#[test]
fn a_protected_key_needs_its_password() {
    let new = NewKey::generate(KeyKind::Minisign, Some("hunter2".to_owned())).unwrap();
    let parse = |password: Option<&str>| {
        SecretKey::parse(&new.secret, password.map(ToOwned::to_owned)).map_err(|e| e.to_string())
    };
    assert!(parse(None).unwrap_err().contains("--password-file"));
    assert!(parse(Some("hunter3")).unwrap_err().contains("does not open"));
    let key = parse(Some("hunter2")).unwrap();
    let (_, text) = key.file_sign(b"bytes").unwrap();
    let public = PublicKey::parse(&new.public).unwrap();
    let package = Package::new(b"bytes".to_vec(), String::new(), Vec::new());
    assert_eq!(public.verdict(&Signature::Minisign(text), &package), Verdict::Good);
}

#[test]
fn other_forms_of_keys_are_refused_with_the_way_out() {
    let refused = |text: &str| SecretKey::parse(text, None).unwrap_err().to_string();
    assert!(refused("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----").contains("import-key-pair"));
    assert!(refused("-----BEGIN EC PRIVATE KEY-----").contains("openssl pkcs8"));
    assert!(refused("-----BEGIN ENCRYPTED PRIVATE KEY-----").contains("openssl pkcs8"));
    assert!(refused("hello").contains("keygen"));
    let public = NewKey::generate(KeyKind::Cosign, None).unwrap().public;
    assert!(refused(&public).contains("public key"));
    let public = NewKey::generate(KeyKind::Minisign, None).unwrap().public;
    assert!(refused(&public).contains("public key"));
}

#[test]
fn a_secret_key_does_not_show_itself() {
    for kind in KINDS {
        let new = NewKey::generate(kind, None).unwrap();
        let secret = SecretKey::parse(&new.secret, None).unwrap();
        let line = new.secret.lines().nth(1).unwrap();
        assert!(!format!("{new:?} {secret:?}").contains(line));
    }
}
