//! Tokens that cannot be used, and libraries that are not allowed.

use std::fs;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::UserType;
use kernel_host::Natives;
use serde_json::{Value, json};

use crate::token::{PIN, digest, library, module, open};

#[track_caller]
fn refused(token: &str, changes: Value, part: &str) {
    let message = open(token, changes).unwrap_err().to_string();
    assert!(message.contains(part), "{message}");
    assert!(!message.contains(PIN), "a PIN in a message: {message}");
}

#[test]
fn each_token_that_cannot_be_used_is_refused_with_its_reason() {
    refused("refuses", json!({"pin": "111111"}), "refuses the PIN");
    refused("refuses", json!({"generate": false}), "has no AES key \"tenon-server-key\": set");
    refused("nowhere", json!({}), "there is no token \"nowhere\"; there are: \"");
    refused("refuses", json!({"module": "/usr/bin/true"}), "no PKCS#11 module");
    refused("refuses", json!({"module": "/nowhere/p11.so"}), "failed to read /nowhere/p11.so");
    refused("refuses", json!({"pin": null}), "the token has no PIN");
}

#[test]
fn a_key_that_may_leave_its_token_is_refused() {
    let pkcs11 = Pkcs11::new(module()).unwrap();
    // The plugin may have been first, in a process with other tests.
    let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = pkcs11.get_slots_with_initialized_token().unwrap();
    let is_it = |slot: &&_| pkcs11.get_token_info(**slot).unwrap().label() == "leaves";
    let session = pkcs11.open_rw_session(*slots.iter().find(is_it).unwrap()).unwrap();
    session.login(UserType::User, Some(&cryptoki::types::AuthPin::new(PIN.into()))).unwrap();
    let template = [
        Attribute::Token(true),
        Attribute::Extractable(true),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::ValueLen(32.into()),
        Attribute::Label(b"loose".to_vec()),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &template).unwrap();
    drop(session);
    refused("leaves", json!({"key": "loose"}), "may leave it");
}

#[test]
fn the_library_is_loaded_only_when_its_digest_is_allowed() {
    let library = library();
    let message = |natives: Natives| natives.load(&library).unwrap_err().to_string();
    let found = digest(&library);
    let off = message(Natives::default());
    assert!(off.contains("native plugins are off") && off.contains(&found), "{off}");
    let other = message(Natives::allow(["0".repeat(64)]).unwrap());
    assert!(other.contains("is not among the native plugins that are allowed"), "{other}");
    assert!(other.contains(&format!("--native-allowed {found}")), "{other}");

    // One byte more, and it is another library.
    let dir = tempfile::tempdir().unwrap();
    let changed = dir.path().join("changed.so");
    fs::write(&changed, [fs::read(&library).unwrap(), vec![0]].concat()).unwrap();
    let natives = Natives::allow([found]).unwrap();
    let err = natives.load(&changed).unwrap_err().to_string();
    assert!(err.contains("is not among"), "{err}");
}
