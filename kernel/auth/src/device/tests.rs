use std::sync::atomic::Ordering;

use kernel_ports::access::{Holder, Identity};

use super::{AGE_MS, DeviceError, DeviceStarted, INTERVAL_MS, WAITING_MAX_BY_ADDRESS, letters};
use crate::access::tests::{PASSWORD, World, open, world};
use crate::{Caller, LoginError, Settings};

const ADDRESS: &str = "192.0.2.7";

fn person(groups: &[&str]) -> Identity {
    Identity {
        provider: "example".to_owned(),
        user_id: "42".to_owned(),
        nick_name: "ada".to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Identity::default()
    }
}

impl World {
    async fn session(&self, identity: Identity) -> Caller {
        let holder = self.access.visitor_login(identity).await.unwrap();
        self.access.session_start(holder, ADDRESS).await.unwrap().caller
    }

    fn wait(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::Relaxed);
    }

    async fn polled(&self, started: &DeviceStarted) -> DeviceError {
        self.wait(INTERVAL_MS);
        self.access.device_token(&started.device_code).await.unwrap_err()
    }
}

/// A server that lets in the group `platform`.
async fn server() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let rule = Some("\"platform\" in Groups && Provider == \"example\"".to_owned());
    let settings = Settings { rule, ..Settings::default() };
    let world = open(&std::sync::Arc::default(), folder.path(), settings).await;
    (folder, world)
}

#[tokio::test]
async fn a_program_gets_its_token_once_after_somebody_said_so() {
    let (_folder, world) = server().await;
    let ada = world.session(person(&["platform"])).await;
    let started = world.access.device_start("laptop", "198.51.100.1").await.unwrap();
    assert!(matches!(world.polled(&started).await, DeviceError::Pending));
    // As people type it.
    let typed = started.user_code.to_lowercase().replace('-', " ");
    let ask = world.access.device_ask(&typed, ADDRESS).unwrap();
    assert_eq!((ask.label.as_str(), ask.address.as_str()), ("laptop", "198.51.100.1"));
    world.access.device_answer(&ada, &typed, true, ADDRESS).await.unwrap();
    world.wait(INTERVAL_MS);
    let (token, text) = world.access.device_token(&started.device_code).await.unwrap();
    assert_eq!(token.name, "login of laptop");
    let caller = world.bearer(&text).unwrap();
    assert_eq!(caller.actor, "example/ada");
    assert_eq!(caller.identity.unwrap().groups, ["platform"]);
    assert!(matches!(world.polled(&started).await, DeviceError::Expired));
    let again = world.access.device_answer(&ada, &typed, true, ADDRESS).await;
    assert!(matches!(again.unwrap_err(), DeviceError::CodeUnknown));
}

#[tokio::test]
async fn who_asks_too_often_waits_longer_and_who_is_denied_hears_it() {
    let (_folder, world) = server().await;
    let ada = world.session(person(&["platform"])).await;
    let started = world.access.device_start("", ADDRESS).await.unwrap();
    assert!(matches!(world.polled(&started).await, DeviceError::Pending));
    let poll = || world.access.device_token(&started.device_code);
    world.wait(1_000);
    assert!(matches!(poll().await.unwrap_err(), DeviceError::SlowDown));
    world.wait(INTERVAL_MS);
    assert!(matches!(poll().await.unwrap_err(), DeviceError::SlowDown), "5 s more each time");
    world.wait(3 * INTERVAL_MS);
    assert!(matches!(poll().await.unwrap_err(), DeviceError::Pending));
    world.access.device_answer(&ada, &started.user_code, false, ADDRESS).await.unwrap();
    world.wait(3 * INTERVAL_MS);
    assert!(matches!(poll().await.unwrap_err(), DeviceError::Denied));
}

#[tokio::test]
async fn codes_expire_cannot_be_made_up_and_cannot_be_guessed() {
    let (_folder, world) = server().await;
    let started = world.access.device_start("laptop", ADDRESS).await.unwrap();
    world.wait(AGE_MS);
    assert!(matches!(world.polled(&started).await, DeviceError::Expired));
    let forged = world.access.device_token(&"0".repeat(64)).await.unwrap_err();
    assert!(matches!(forged, DeviceError::Forged));
    for _ in 0..20 {
        let err = world.access.device_ask("BBBB-BBBB", ADDRESS).unwrap_err();
        assert!(matches!(err, DeviceError::CodeUnknown), "{err}");
    }
    let err = world.access.device_ask("BBBB-BBBB", ADDRESS).unwrap_err();
    assert!(matches!(err, DeviceError::Throttled { .. }), "{err}");
}

#[tokio::test]
async fn only_a_browser_logs_in_a_program() {
    let (_folder, world) = server().await;
    let started = world.access.device_start("laptop", ADDRESS).await.unwrap();
    let (_, text) = world.access.token_bootstrap().await.unwrap();
    let caller = world.bearer(&text).unwrap();
    let err =
        world.access.device_answer(&caller, &started.user_code, true, ADDRESS).await.unwrap_err();
    assert!(matches!(err, DeviceError::NoSession), "{err}");
}

#[tokio::test]
async fn a_program_that_waits_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let restart = async |world: World| {
        let now = world.clock.0.load(Ordering::Relaxed);
        let world = open(&world.store, folder.path(), Settings::default()).await;
        world.clock.0.store(now, Ordering::Relaxed);
        world
    };
    let world = world(folder.path()).await;
    world.user("ada", Some("viewer"), &[]).await;
    let asked = world.access.device_start("laptop", "198.51.100.1").await.unwrap();
    let denied = world.access.device_start("other", "198.51.100.1").await.unwrap();
    let world = restart(world).await;
    let holder = world.access.login("ada", PASSWORD, ADDRESS).await.unwrap();
    let ada = world.access.session_start(holder, ADDRESS).await.unwrap().caller;
    let ask = world.access.device_ask(&asked.user_code, ADDRESS).unwrap();
    assert_eq!(ask.label, "laptop");
    world.access.device_answer(&ada, &asked.user_code, true, ADDRESS).await.unwrap();
    world.access.device_answer(&ada, &denied.user_code, false, ADDRESS).await.unwrap();
    let world = restart(world).await;
    assert!(matches!(world.polled(&denied).await, DeviceError::Denied));
    let (_, text) = world.access.device_token(&asked.device_code).await.unwrap();
    assert_eq!(world.bearer(&text).unwrap().actor, "user/ada");
    let world = restart(world).await;
    assert!(matches!(world.polled(&asked).await, DeviceError::Expired), "a token comes once");
}

#[tokio::test]
async fn one_address_cannot_take_all_places() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    for _ in 0..WAITING_MAX_BY_ADDRESS {
        world.access.device_start("laptop", ADDRESS).await.unwrap();
    }
    assert!(matches!(world.access.device_start("x", ADDRESS).await, Err(DeviceError::Busy)));
    world.access.device_start("x", "192.0.2.8").await.unwrap();
}

#[tokio::test]
async fn a_visitor_whom_no_rule_fits_is_not_let_in_and_not_kept() {
    let (_folder, world) = server().await;
    let err = world.access.visitor_login(person(&["sales"])).await.unwrap_err();
    assert_eq!(err.to_string(), "example/ada may do nothing on this server: no rule fits");
    assert!(world.access.visitors().is_empty());
}

#[tokio::test]
async fn tokens_see_the_groups_of_the_last_login() {
    let (_folder, world) = server().await;
    let holder = world.access.visitor_login(person(&["platform", "old"])).await.unwrap();
    let (_, text) = world.access.login_token(holder, "laptop").await.unwrap();
    world.wait(1);
    world.access.visitor_login(person(&["platform", "new"])).await.unwrap();
    let caller = world.bearer(&text).unwrap();
    assert_eq!(caller.identity.unwrap().groups, ["platform", "new"]);
    let known = world.access.visitors();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].last_at.since_ms(known[0].first_at), 1);
}

#[tokio::test]
async fn a_disabled_visitor_is_out_everywhere_until_enabled() {
    let (_folder, world) = server().await;
    let holder = world.access.visitor_login(person(&["platform"])).await.unwrap();
    let (_, text) = world.access.login_token(holder, "laptop").await.unwrap();
    world.access.visitor_disable("example/42", true).await.unwrap();
    world.bearer(&text).unwrap_err();
    let err = world.access.visitor_login(person(&["platform"])).await.unwrap_err();
    assert!(matches!(err, LoginError::Disabled { .. }), "{err}");
    world.access.visitor_disable("example/42", false).await.unwrap();
    let holder = world.access.visitor_login(person(&["platform"])).await.unwrap();
    assert!(matches!(holder, Holder::Identity(_)));
    world.bearer(&text).unwrap_err();
    world.access.visitor_disable("example/43", true).await.unwrap_err();
}

#[test]
fn letters_use_the_whole_alphabet() {
    let all: std::collections::BTreeSet<char> = (0..=255_u8)
        .flat_map(|n| {
            letters(&std::array::from_fn(|i| {
                n.wrapping_mul(31).wrapping_add(u8::try_from(i).unwrap())
            }))
            .chars()
            .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(all.len(), super::LETTERS.len());
}
