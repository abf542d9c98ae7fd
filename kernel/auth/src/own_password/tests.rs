use kernel_ports::access::Holder;

use crate::access::tests::{PASSWORD, world};
use crate::{AccessError, Credential, LoginError};

const NEW: &str = "another horse battery";
const ADDRESS: &str = "192.0.2.7";

#[tokio::test]
async fn another_password_ends_the_other_logins() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("ada", Some("admin"), &[]).await;
    let holder = world.access.login("ada", PASSWORD, ADDRESS).await.unwrap();
    let mine = world.access.session_start(holder.clone(), ADDRESS).await.unwrap();
    let other = world.access.session_start(holder.clone(), ADDRESS).await.unwrap();
    let (_, program) = world.access.login_token(holder, "laptop").await.unwrap();
    let by = world.bearer(&program).unwrap();
    let draft = crate::TokenDraft {
        name: "ci".to_owned(),
        holder: by.holder.clone(),
        verbs: by.verbs_anywhere(),
        projects: vec!["*".to_owned()],
        workspaces: vec!["*".to_owned()],
        expires_at: None,
    };
    let (_, made) = world.access.token_create(&by, draft).await.unwrap();

    let change = async |old: &str, new: &str| {
        world.access.password_change(&mine.caller, old, new, ADDRESS).await
    };
    assert!(matches!(change("wrong password", NEW).await, Err(LoginError::WrongOld)));
    for new in ["short", PASSWORD] {
        let err = change(PASSWORD, new).await.unwrap_err();
        assert!(matches!(err, LoginError::Access(AccessError::Invalid { .. })), "{err}");
    }
    world.bearer(&program).unwrap();
    change(PASSWORD, NEW).await.unwrap();
    let cookie = |text: &str| world.access.authenticate(&Credential::Cookie(text), "").is_ok();
    assert!(cookie(&mine.secret) && !cookie(&other.secret));
    assert!(world.bearer(&program).is_err());
    world.bearer(&made).unwrap();
    assert!(world.access.login("ada", PASSWORD, ADDRESS).await.is_err());
    world.access.login("ada", NEW, ADDRESS).await.unwrap();
}

#[tokio::test]
async fn whoever_guesses_is_slowed_down_and_others_have_none() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("ada", Some("admin"), &[]).await;
    let holder = world.access.login("ada", PASSWORD, ADDRESS).await.unwrap();
    let by = world.access.session_start(holder, ADDRESS).await.unwrap().caller;
    for _ in 0..5 {
        let wrong = world.access.password_change(&by, "wrong password", NEW, ADDRESS).await;
        assert!(matches!(wrong, Err(LoginError::WrongOld)));
    }
    let slowed = world.access.password_change(&by, PASSWORD, NEW, ADDRESS).await;
    assert!(matches!(slowed, Err(LoginError::Throttled { .. })));
    let (_, text) = world.access.token_bootstrap().await.unwrap();
    let service = world.bearer(&text).unwrap();
    assert_eq!(service.holder, Holder::Service);
    let none = world.access.password_change(&service, PASSWORD, NEW, ADDRESS).await;
    assert!(matches!(none, Err(LoginError::NoPassword { .. })));
}
