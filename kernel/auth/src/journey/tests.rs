use std::sync::atomic::Ordering;

use super::{AGE_MS, JourneyError, JourneyPlan, JourneyStarted};
use crate::Settings;
use crate::access::tests::{World, open, world};

async fn begun() -> (tempfile::TempDir, World, JourneyStarted) {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let started = world.access.journey_start(plan()).unwrap();
    (folder, world, started)
}

fn plan() -> JourneyPlan {
    JourneyPlan {
        binding: "identity-example".to_owned(),
        redirect_uri: "https://ci.example.com/auth/example/callback".to_owned(),
        next: "/".to_owned(),
    }
}

#[tokio::test]
async fn who_comes_back_is_who_was_sent_and_only_once() {
    let (folder, world, started) = begun().await;
    let ended = world.access.journey_end(&started.cookie, &started.state).await.unwrap();
    assert_eq!(ended.plan, plan());
    assert_eq!(ended.nonce, started.nonce);
    assert_ne!(ended.verifier, started.challenge);
    let again = world.access.journey_end(&started.cookie, &started.state).await;
    assert_eq!(again.unwrap_err(), JourneyError::Replayed);
    // Nor after a restart.
    let world = open(&world.store, folder.path(), Settings::default()).await;
    let again = world.access.journey_end(&started.cookie, &started.state).await;
    assert_eq!(again.unwrap_err(), JourneyError::Replayed);
}

#[tokio::test]
async fn what_was_changed_or_belongs_to_another_login_is_refused() {
    let (_folder, world, started) = begun().await;
    let end = async |cookie: &str, state: &str| {
        world.access.journey_end(cookie, state).await.unwrap_err()
    };
    assert_eq!(end("", &started.state).await, JourneyError::Unknown);
    let other = world.access.journey_start(plan()).unwrap();
    assert_eq!(end(&other.cookie, &started.state).await, JourneyError::State);
    assert_eq!(end(&started.cookie, "").await, JourneyError::State);
    for at in [0, 20, started.cookie.len() / 2, started.cookie.len() - 2] {
        let mut cookie = started.cookie.clone().into_bytes();
        cookie[at] = if cookie[at] == b'A' { b'B' } else { b'A' };
        let cookie = String::from_utf8(cookie).unwrap();
        assert_eq!(end(&cookie, &started.state).await, JourneyError::Tampered, "{at}");
    }
    // None of that has ended the login itself.
    world.access.journey_end(&started.cookie, &started.state).await.unwrap();
}

#[tokio::test]
async fn a_login_that_takes_too_long_is_over() {
    let (_folder, world, started) = begun().await;
    world.clock.0.fetch_add(AGE_MS, Ordering::Relaxed);
    let late = world.access.journey_end(&started.cookie, &started.state).await;
    assert_eq!(late.unwrap_err(), JourneyError::Expired);
}
