//! What a good token does.

use kernel_host::NativeFault;
use serde_json::json;

use crate::token::{open, plugin};

#[test]
fn a_key_that_is_made_in_the_token_seals_and_opens() {
    let keyring = open("seals", json!({})).unwrap();
    assert_eq!(plugin().name(), "native-pkcs11");
    let sealed = keyring.wrap("data key 1", b"thirty-two bytes of a data key..").unwrap();
    assert_eq!(sealed.len(), 1 + 12 + 32 + 16);
    let opened = keyring.unwrap("data key 1", &sealed).unwrap();
    assert_eq!(&**opened, b"thirty-two bytes of a data key..");
    let again = keyring.wrap("data key 1", b"thirty-two bytes of a data key..").unwrap();
    assert_ne!(sealed, again, "a nonce was used twice");

    // The next start finds the key that is there, and needs not make one.
    drop(keyring);
    let keyring = open("seals", json!({"generate": false})).unwrap();
    assert_eq!(&**keyring.unwrap("data key 1", &sealed).unwrap(), &**opened);

    refuses_what_it_did_not_seal(&keyring, &sealed);
    let other = open("seals", json!({"key": "another"})).unwrap();
    let err = other.unwrap("data key 1", &sealed).unwrap_err();
    assert!(matches!(err, NativeFault::Denied { .. }), "{err}");
}

fn refuses_what_it_did_not_seal(keyring: &kernel_host::NativeKeyring, sealed: &[u8]) {
    let err = keyring.unwrap("data key 2", sealed).unwrap_err();
    assert!(matches!(err, NativeFault::Denied { .. }), "{err}");
    assert!(err.to_string().contains("sealed by another key, or changed"), "{err}");
    for at in 1..sealed.len() {
        let mut changed = sealed.to_vec();
        changed[at] ^= 1;
        let err = keyring.unwrap("data key 1", &changed).unwrap_err();
        assert!(matches!(err, NativeFault::Denied { .. }), "byte {at}: {err}");
    }
    for (bytes, part) in
        [(&[][..], "is cut off"), (&sealed[..20], "is cut off"), (&[9; 60][..], "has the format 9")]
    {
        let err = keyring.unwrap("data key 1", bytes).unwrap_err();
        assert!(err.to_string().contains(part), "{err}");
    }
}
