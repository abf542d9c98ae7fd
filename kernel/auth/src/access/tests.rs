use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernel_keyring::{Ring, Source};
use kernel_model::access::{Scope, Verb, Verbs};
use kernel_model::time::Time;
use kernel_model::workspace::WorkspaceName;
use kernel_ports::access::{AccessStore, Holder, Identity};
use kernel_ports::clock::{Clock, System};
use kernel_store_memory::MemoryControl;

use super::{Access, Credential, Parts, Settings};
use crate::{AccessError, Caller, LoginError, Reach, TokenDraft, Unknown, UserDraft, Via, mac};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A clock that is moved by hand.
#[derive(Default)]
pub(crate) struct Hand(pub(crate) AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::Relaxed))
    }
}

pub(crate) struct World {
    pub(crate) access: Access,
    pub(crate) clock: Arc<Hand>,
    pub(crate) store: Arc<MemoryControl>,
}

pub(crate) async fn open(store: &Arc<MemoryControl>, folder: &Path, settings: Settings) -> World {
    let clock = Arc::new(Hand(AtomicU64::new(1_000_000)));
    let parts = Parts {
        store: Arc::clone(store) as Arc<dyn AccessStore>,
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(System::default()),
        keyring: Arc::new(Ring::open(folder, Source::Generated).unwrap()),
        folder: Some(folder.to_owned()),
    };
    let access = Access::open(parts, settings).await.unwrap();
    World { access, clock, store: Arc::clone(store) }
}

pub(crate) async fn world(folder: &Path) -> World {
    open(&Arc::new(MemoryControl::new()), folder, Settings::default()).await
}

impl World {
    pub(crate) fn bearer(&self, token: &str) -> Result<Caller, Unknown> {
        self.access.authenticate(&Credential::Bearer(token), "")
    }

    pub(crate) async fn user(&self, name: &str, role: Option<&str>, groups: &[&str]) {
        let draft = UserDraft {
            role: role.map(str::to_owned),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            ..UserDraft::default()
        };
        self.access.user_add(name, draft, Some(PASSWORD)).await.unwrap();
    }

    async fn login(&self, name: &str) -> (Caller, String) {
        let holder = self.access.login(name, PASSWORD, "192.0.2.1").await.unwrap();
        let (_, text) = self.access.login_token(holder, "test").await.unwrap();
        (self.bearer(&text).unwrap(), text)
    }
}

fn service(verbs: &[Verb]) -> TokenDraft {
    TokenDraft {
        name: "deploy".to_owned(),
        holder: Holder::Service,
        verbs: verbs.iter().copied().collect(),
        projects: vec!["*".to_owned()],
        workspaces: vec!["*".to_owned()],
        expires_at: None,
    }
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_token_does_what_it_says_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (admin, _) = {
        let (_, text) = world.access.token_bootstrap().await.unwrap();
        (world.bearer(&text).unwrap(), text)
    };
    let draft =
        TokenDraft { projects: vec!["app".to_owned()], ..service(&[Verb::View, Verb::Run]) };
    let (token, text) = world.access.token_create(&admin, draft).await.unwrap();
    assert!(text.starts_with("tenon_") && text.len() == 70, "{text}");
    let caller = world.bearer(&text).unwrap();
    assert_eq!((caller.actor.as_str(), caller.via), ("token/deploy", Via::Token(token.id)));
    assert!(caller.may(Verb::Run, &scope("project/app/pipeline/ci")));
    assert!(!caller.may(Verb::Edit, &scope("project/app")));
    assert!(!caller.may(Verb::Run, &scope("project/other")));
    assert!(!caller.may(Verb::View, &Scope::Server));
    let denied = caller.check(Verb::Edit, &scope("project/app")).unwrap_err().to_string();
    assert_eq!(denied, "token/deploy may not edit on project/app");
    // Nobody hands out more than they have.
    let wider = TokenDraft { projects: vec!["*".to_owned()], ..service(&[Verb::View]) };
    let err = world.access.token_create(&caller, wider).await.unwrap_err();
    assert!(matches!(err, AccessError::NotCovered { .. }), "{err}");
}

#[tokio::test]
async fn a_token_works_in_the_workspaces_that_its_patterns_fit() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (_, text) = world.access.token_bootstrap().await.unwrap();
    let admin = world.bearer(&text).unwrap();
    let of = async |patterns: &[&str]| {
        let workspaces = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let draft = TokenDraft { workspaces, ..service(&[Verb::View, Verb::Run, Verb::Edit]) };
        let (_, text) = world.access.token_create(&admin, draft).await.unwrap();
        world.bearer(&text).unwrap()
    };
    let (dev, all) = (of(&["dev/*", "qa"]).await, of(&["*"]).await);
    let within = |name: &str| Reach::In(WorkspaceName::new(name).unwrap());
    let ci = scope("project/app/pipeline/ci");
    for (reach, verb, dev_may) in [
        (within("dev/joe"), Verb::Run, true),
        (within("dev/joe/2"), Verb::Edit, true),
        (within("qa"), Verb::View, true),
        (within("dev"), Verb::View, false),
        (within("default"), Verb::View, false),
        (within("production"), Verb::Run, false),
        (Reach::Shared, Verb::View, true),
        (Reach::Shared, Verb::Run, false),
        (Reach::Shared, Verb::Edit, false),
        (Reach::Some, Verb::Run, true),
        (Reach::Some, Verb::Admin, false),
    ] {
        assert_eq!(dev.may_at(verb, &ci, &reach), dev_may, "{verb} {reach:?}");
        assert_eq!(all.may_at(verb, &ci, &reach), verb != Verb::Admin, "{verb} {reach:?}");
    }
    assert!(!dev.may(Verb::View, &Scope::Server) && all.may(Verb::View, &Scope::Server));
    let said = |reach| dev.check_at(Verb::Edit, &ci, &reach).unwrap_err().to_string();
    let why = "token/deploy may not edit on project/app/pipeline/ci";
    assert_eq!(said(within("production")), format!("{why} in the workspace production"));
    assert_eq!(said(Reach::Shared), format!("{why}, which all workspaces share"));
    let admin_only = dev.check_at(Verb::Admin, &ci, &Reach::Shared).unwrap_err();
    assert!(admin_only.to_string().ends_with("pipeline/ci"), "{admin_only}");
}

#[tokio::test]
async fn a_forged_an_expired_and_a_revoked_token_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let (token, text) = world.access.token_bootstrap().await.unwrap();
    let admin = world.bearer(&text).unwrap();
    for forged in ["", "tenon_", "x", &format!("tenon_{}", "0".repeat(64)), &text[1..]] {
        assert_eq!(world.bearer(forged).unwrap_err(), Unknown::Forged, "{forged}");
    }
    let draft = TokenDraft { expires_at: Some(Time(1_000_001)), ..service(&[Verb::View]) };
    let (_, short) = world.access.token_create(&admin, draft).await.unwrap();
    world.bearer(&short).unwrap();
    world.clock.0.store(1_000_001, Ordering::Relaxed);
    assert_eq!(world.bearer(&short).unwrap_err(), Unknown::Expired);
    world.access.token_revoke(token.id).await.unwrap();
    assert_eq!(world.bearer(&text).unwrap_err(), Unknown::Revoked);
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_through_restart_and_restore() {
    let folder = tempfile::tempdir().unwrap();
    let first = world(folder.path()).await;
    let (token, text) = first.access.token_bootstrap().await.unwrap();
    let backup = Arc::new(MemoryControl::new());
    backup.token_add(&token).await.unwrap();
    first.access.token_revoke(token.id).await.unwrap();
    let again = open(&first.store, folder.path(), Settings::default()).await;
    assert_eq!(again.bearer(&text).unwrap_err(), Unknown::Revoked);
    // The database of before the revocation.
    let restored = open(&backup, folder.path(), Settings::default()).await;
    assert_eq!(restored.bearer(&text).unwrap_err(), Unknown::Revoked);
    // And the other way round: a lost list is made again from the database.
    std::fs::remove_file(folder.path().join("revoked")).unwrap();
    open(&backup, folder.path(), Settings::default()).await;
    let list = std::fs::read_to_string(folder.path().join("revoked")).unwrap();
    assert!(list.contains(&token.id.to_string()), "{list}");
}

#[tokio::test]
async fn a_disabled_user_and_a_new_password_end_all_logins() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("alice", Some("editor"), &[]).await;
    let (caller, text) = world.login("alice").await;
    assert_eq!(caller.actor, "user/alice");
    let session = world.access.session_start(caller.holder.clone(), "").await.unwrap();
    let cookie = Credential::Cookie(&session.secret);
    assert!(world.access.authenticate(&cookie, "").is_ok());
    world.access.user_password("alice", "another password").await.unwrap();
    assert_eq!(world.bearer(&text).unwrap_err(), Unknown::Revoked);
    assert_eq!(world.access.authenticate(&cookie, "").unwrap_err(), Unknown::SessionOver);
    let disabled = UserDraft { is_disabled: true, ..UserDraft::default() };
    world.access.user_set("alice", disabled).await.unwrap();
    let err = world.access.login("alice", "another password", "").await.unwrap_err();
    assert!(matches!(err, LoginError::Wrong), "{err}");
}

#[tokio::test]
async fn wrong_passwords_are_slowed_down() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("alice", None, &[]).await;
    for _ in 0..5 {
        let err = world.access.login("alice", "wrong", "192.0.2.1").await.unwrap_err();
        assert!(matches!(err, LoginError::Wrong), "{err}");
    }
    let err = world.access.login("alice", PASSWORD, "192.0.2.1").await.unwrap_err();
    assert!(matches!(err, LoginError::Throttled { wait_ms: 1_000 }), "{err}");
    world.clock.0.fetch_add(1_000, Ordering::Relaxed);
    world.access.login("alice", PASSWORD, "192.0.2.1").await.unwrap();
}

#[tokio::test]
async fn another_signing_secret_ends_what_was_signed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(MemoryControl::new());
    let with = async |secret: Option<&str>| {
        let signing_secret = secret.map(str::to_owned);
        open(&store, folder.path(), Settings { signing_secret, ..Settings::default() }).await
    };
    let world = with(Some("one")).await;
    world.user("alice", Some("viewer"), &[]).await;
    let (_, token) = world.login("alice").await;
    let again = with(Some("one")).await;
    assert_eq!(again.bearer(&token).unwrap().actor, "user/alice");
    for other in [Some("two"), None] {
        assert_eq!(with(other).await.bearer(&token).unwrap_err(), Unknown::Forged, "{other:?}");
    }
}

#[tokio::test]
async fn looking_whether_somebody_is_still_there_is_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let basic = Some(("admin".to_owned(), "secret123".to_owned()));
    let settings = Settings { idle_ms: 1_000, basic, ..Settings::default() };
    let world = open(&Arc::new(MemoryControl::new()), folder.path(), settings).await;
    let access = &world.access;
    world.user("alice", Some("viewer"), &[]).await;
    let holder = access.login("alice", PASSWORD, "").await.unwrap();
    let session = access.session_start(holder, "").await.unwrap().caller;
    world.clock.0.fetch_add(600, Ordering::Relaxed);
    let still = access.still(&session).unwrap();
    assert_eq!((still.actor.as_str(), still.via), ("user/alice", session.via));
    world.clock.0.fetch_add(600, Ordering::Relaxed);
    assert_eq!(access.still(&session).unwrap_err(), Unknown::SessionOver, "it was idle");

    let (token, text) = world.login("alice").await;
    assert!(access.still(&token).unwrap().may(Verb::View, &Scope::Server));
    access.user_set("alice", UserDraft::default()).await.unwrap();
    let still = access.still(&world.bearer(&text).unwrap()).unwrap();
    assert!(!still.may(Verb::View, &Scope::Server), "the role was taken away");

    let basic =
        |password| access.authenticate(&Credential::Basic { name: "admin", password }, "192.0.2.1");
    let admin = basic("secret123").unwrap();
    while basic("wrong").unwrap_err() == Unknown::Password {}
    assert_eq!(access.still(&admin).unwrap().via, Via::Basic, "others' mistakes end nothing");
    assert!(matches!(basic("secret123"), Err(Unknown::Throttled { .. })), "nor are they forgiven");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_when_old() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { idle_ms: 1_000, session_ms: 5_000, ..Settings::default() };
    let world = open(&Arc::new(MemoryControl::new()), folder.path(), settings).await;
    world.user("alice", None, &[]).await;
    let holder = world.access.login("alice", PASSWORD, "").await.unwrap();
    let session = world.access.session_start(holder.clone(), "").await.unwrap();
    let cookie = Credential::Cookie(&session.secret);
    for _ in 0..5 {
        world.access.authenticate(&cookie, "").unwrap();
        world.clock.0.fetch_add(999, Ordering::Relaxed);
    }
    world.access.authenticate(&cookie, "").unwrap();
    world.clock.0.fetch_add(5, Ordering::Relaxed);
    assert_eq!(world.access.authenticate(&cookie, "").unwrap_err(), Unknown::SessionOver);
    let idle = world.access.session_start(holder, "").await.unwrap();
    world.clock.0.fetch_add(1_000, Ordering::Relaxed);
    let cookie = Credential::Cookie(&idle.secret);
    assert_eq!(world.access.authenticate(&cookie, "").unwrap_err(), Unknown::SessionOver);
}

#[tokio::test]
async fn a_session_has_a_code_that_no_other_session_has() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("alice", None, &[]).await;
    let holder = world.access.login("alice", PASSWORD, "").await.unwrap();
    let one = world.access.session_start(holder.clone(), "").await.unwrap();
    let two = world.access.session_start(holder, "").await.unwrap();
    assert!(world.access.csrf_is_right(&one.caller, &one.csrf));
    for wrong in [two.csrf.as_str(), "", &one.csrf[1..]] {
        assert!(!world.access.csrf_is_right(&one.caller, wrong), "{wrong}");
    }
    assert_eq!(world.access.logout(&one.caller, true).await.unwrap(), 2);
}

#[tokio::test]
async fn rules_of_the_nearest_scope_decide() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    world.user("root", Some("admin"), &[]).await;
    world.user("alice", Some("editor"), &["platform"]).await;
    world.user("bob", None, &["platform"]).await;
    let root = world.login("root").await.0;
    let ci = scope("project/default/pipeline/ci");
    let set = async |scope: &str, role: &str, rule: &str| {
        world.access.rule_set(&root, scope.parse().unwrap(), role, rule).await.unwrap();
    };
    assert!(world.login("alice").await.0.may(Verb::Edit, &ci));
    assert!(!world.login("bob").await.0.may(Verb::View, &ci));
    set("server", "viewer", r#""platform" in groups && provider == "local""#).await;
    assert!(world.login("bob").await.0.may(Verb::View, &ci));
    // A pipeline with a rule is for those that it names, and for administrators.
    set("project/default/pipeline/ci", "runner", r#"Name == "bob""#).await;
    assert!(world.login("bob").await.0.may(Verb::Run, &ci));
    assert!(!world.login("alice").await.0.may(Verb::View, &ci));
    assert!(world.login("alice").await.0.may(Verb::Edit, &scope("project/default/pipeline/x")));
    assert!(world.login("root").await.0.may(Verb::Edit, &ci));
    // What an identity was at login counts for its tokens too.
    let octo = Identity {
        provider: "local".to_owned(),
        nick_name: "octo".to_owned(),
        groups: vec!["platform".to_owned()],
        ..Identity::default()
    };
    let (_, text) =
        world.access.login_token(Holder::Identity(Box::new(octo)), "cli").await.unwrap();
    let octo = world.bearer(&text).unwrap();
    assert_eq!(octo.actor, "local/octo");
    assert!(octo.may(Verb::View, &Scope::Server) && !octo.may(Verb::View, &ci));
}

#[tokio::test]
async fn roles_are_added_used_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let access = &world.access;
    let verbs: Verbs = [Verb::View, Verb::Approve].into_iter().collect();
    access.role_set("releaser", verbs).await.unwrap();
    world.user("alice", Some("releaser"), &[]).await;
    assert_eq!(world.login("alice").await.0.verbs(&Scope::Server), verbs);
    let err = access.role_remove("releaser").await.unwrap_err();
    assert!(err.to_string().contains("in use by the user alice"), "{err}");
    let err = access.role_set("admin", verbs).await.unwrap_err();
    assert!(matches!(err, AccessError::RoleBuiltIn { .. }), "{err}");
    let draft = UserDraft { role: Some("none".to_owned()), ..UserDraft::default() };
    let err = access.user_set("alice", draft).await.unwrap_err().to_string();
    assert!(err.contains("there are viewer, runner, approver, editor"), "{err}");
}

#[tokio::test]
async fn the_super_token_the_basic_user_and_an_open_server_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        super_hash: Some(mac::sha256(b"sesame")),
        basic: Some(("admin".to_owned(), "secret123".to_owned())),
        ..Settings::default()
    };
    let world = open(&Arc::new(MemoryControl::new()), folder.path(), settings).await;
    assert_eq!(world.bearer("sesame").unwrap().via, Via::Super);
    assert_eq!(world.bearer("sesam").unwrap_err(), Unknown::Forged);
    let basic = |name, password| {
        world.access.authenticate(&Credential::Basic { name, password }, "192.0.2.1")
    };
    assert_eq!(basic("admin", "secret123").unwrap().actor, "basic/admin");
    assert_eq!(basic("admin", "secret").unwrap_err(), Unknown::Password);
    assert_eq!(basic("eve", "secret123").unwrap_err(), Unknown::Password);
    assert!(!world.access.is_empty());
    let settings = Settings { is_open: true, ..Settings::default() };
    let open = open(&Arc::new(MemoryControl::new()), folder.path(), settings).await;
    let caller = open.access.authenticate(&Credential::Nothing, "").unwrap();
    assert_eq!((caller.actor.as_str(), caller.verbs(&Scope::Server)), ("anonymous", Verbs::all()));
}

#[tokio::test]
async fn whoever_is_acted_for_may_do_what_they_may_at_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path()).await;
    let access = &world.access;
    world.user("alice", Some("admin"), &[]).await;
    let (alice, _) = world.login("alice").await;
    let Holder::User(id) = alice.holder else { panic!("{:?}", alice.holder) };
    // As one in a browser is known; a program has a token.
    let words = format!("user:{id}");
    let acting = access.behalf(&words).unwrap();
    assert_eq!((acting.actor.as_str(), acting.via), ("user/alice", Via::Plugin));
    assert_eq!(acting.behalf().as_ref(), Some(&words), "what it starts is done for her too");
    assert!(acting.may(Verb::Admin, &Scope::Server));

    // Her token may less, and what is done for whoever comes with it may no more.
    let draft = TokenDraft {
        name: "narrow".to_owned(),
        holder: alice.holder.clone(),
        verbs: [Verb::View].into_iter().collect(),
        projects: vec!["*".to_owned()],
        workspaces: vec!["*".to_owned()],
        expires_at: None,
    };
    let (token, text) = access.token_create(&alice, draft).await.unwrap();
    let narrow = world.bearer(&text).unwrap().behalf().unwrap();
    assert_eq!(access.behalf(&narrow).unwrap().verbs(&Scope::Server), token.verbs);
    access.token_revoke(token.id).await.unwrap();
    assert_eq!(access.behalf(&narrow).unwrap_err(), Unknown::Revoked);

    let draft = UserDraft { is_disabled: true, ..UserDraft::default() };
    access.user_set("alice", draft).await.unwrap();
    assert_eq!(access.behalf(&words).unwrap_err(), Unknown::Disabled);
    for nobody in ["", "user:", "user:alice", "service:super", "service:anonymous", "root"] {
        assert!(access.behalf(nobody).is_err(), "{nobody}");
    }
    assert_eq!(Caller::nobody().behalf(), None);
}
