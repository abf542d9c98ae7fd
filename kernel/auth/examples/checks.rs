//! Prints how long checks take: who is it, may they, and how fast forged tokens are refused.
//!
//! `cargo run --release -p kernel-auth --example checks`
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints figures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use kernel_auth::{Access, Credential, Parts, Settings, UserDraft};
use kernel_model::access::{Scope, Verb};
use kernel_ports::access::Holder;
use kernel_ports::clock::System;
use kernel_ports::keyring::{Keyring, KeyringError, SubKey};
use kernel_store_memory::MemoryControl;

const TIMES: u32 = 200_000;

struct OneKey;

impl Keyring for OneKey {
    fn seal(&self, _: &str, _: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Ok(plain.to_vec())
    }

    fn open(&self, _: &str, _: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Ok(sealed.to_vec())
    }

    fn derive(&self, _: &str) -> SubKey {
        SubKey::new([7; 32])
    }
}

#[tokio::main]
async fn main() {
    let system = Arc::new(System::default());
    let store = Arc::new(MemoryControl::new());
    let (clock, entropy) = (system.clone(), system);
    let parts = Parts { store, clock, entropy, keyring: Arc::new(OneKey), folder: None };
    let access = Access::open(parts, Settings::default()).await.unwrap();
    let draft = UserDraft { role: Some("editor".to_owned()), ..UserDraft::default() };
    let user = access.user_add("alice", draft, None).await.unwrap();
    let root = access.token_bootstrap().await.unwrap().1;
    let root = access.authenticate(&Credential::Bearer(&root), "").unwrap();
    for i in 0..100 {
        let scope: Scope = format!("project/default/pipeline/p{i}").parse().unwrap();
        access.rule_set(&root, scope, "runner", r#"name == "alice""#).await.unwrap();
    }
    let (_, token) = access.login_token(Holder::User(user.id), "bench").await.unwrap();
    let scope: Scope = "project/default/pipeline/p7".parse().unwrap();
    per_call("who is it, and may they (a user's token, 100 rules)", || {
        let caller = access.authenticate(&Credential::Bearer(&token), "").unwrap();
        assert!(black_box(caller.may(Verb::Run, &scope)));
    });
    let caller = access.authenticate(&Credential::Bearer(&token), "").unwrap();
    per_call("may they, once it is known who", || {
        assert!(black_box(caller.may(Verb::Run, black_box(&scope))));
    });
    let forged = format!("tenon_{}", "0".repeat(64));
    per_call("a forged token is refused", || {
        assert!(access.authenticate(&Credential::Bearer(black_box(&forged)), "").is_err());
    });
}

fn per_call(what: &str, mut call: impl FnMut()) {
    call();
    let since = Instant::now();
    (0..TIMES).for_each(|_| call());
    let each = since.elapsed() / TIMES;
    let per_second = 1.0 / each.as_secs_f64();
    println!("{what}: {each:?}, {per_second:.0}/s on one core");
}
