//! Packages over real networks: a registry from a package of the system, a server with TLS, and
//! signatures of other programs than ours.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod artifact;
mod https;
mod other_tools;
mod registry;

use std::path::Path;
use std::process::Command;

use kernel_package::fetch::Access;
use kernel_package::key::PublicKey;
use kernel_package::signing::{KeyKind, NewKey, SecretKey};
use kernel_package::trust::Key;
use kernel_package::{Fetcher, Limits, TrustStore};

/// Smallest component there is: it has a head and nothing else.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Returns a key, and a store that trusts it for `origin`.
fn key(kind: KeyKind, origin: &str) -> (SecretKey, TrustStore) {
    let new = NewKey::generate(kind, None).unwrap();
    (SecretKey::parse(&new.secret, None).unwrap(), trusting(&new.public, origin))
}

fn trusting(public: &str, origin: &str) -> TrustStore {
    let mut store = TrustStore::default();
    let public = PublicKey::parse(public).unwrap();
    store.key_add("acme".to_owned(), Key { public, origins: vec![origin.parse().unwrap()] });
    store
}

fn fetcher(access: Access) -> Fetcher {
    Fetcher::new(access, Limits::default()).unwrap()
}

/// Runs a program that the tests need.
#[track_caller]
fn run(program: &str, args: &[&str], folder: &Path) -> String {
    let output = Command::new(program).args(args).current_dir(folder).output();
    let output = output.unwrap_or_else(|err| {
        panic!("{program}: {err}; `cargo xtask test` installs what the tests need")
    });
    assert!(output.status.success(), "{program} {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}
