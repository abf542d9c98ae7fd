use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel_model::access::{Audience, Scope, Verb};
use kernel_ports::access::AccessStore as _;
use kernel_ports::app::{AppStore as _, ConnectedApp};
use kernel_store_memory::MemoryControl;

use super::exchange::{AppTokens, CodeExchange, RefreshExchange};
use super::{AppChoice, AppClient, Asked, ClientDraft, ClientError, Level, OauthError};
use crate::access::tests::{PASSWORD, World, open};
use crate::{AccessError, Caller, Settings, UserDraft, Via, mac};

const ADDRESS: &str = "192.0.2.7";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "http://127.0.0.1:4321/cb";
const RESOURCE: &str = "https://ci.example.com/mcp";

/// A server with a user `ada`, who edits, and a program that has registered itself.
struct Place {
    folder: tempfile::TempDir,
    store: Arc<MemoryControl>,
    world: World,
    client: Arc<AppClient>,
}

struct NoFetch;

#[async_trait::async_trait]
impl kernel_ports::fetch::Fetch for NoFetch {
    async fn fetch(&self, url: &str, _: usize) -> Result<String, kernel_ports::fetch::FetchError> {
        panic!("{url} is fetched")
    }

    async fn fetch_here(
        &self,
        url: &str,
        bytes_max: usize,
    ) -> Result<String, kernel_ports::fetch::FetchError> {
        self.fetch(url, bytes_max).await
    }
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryControl::new());
        let world = open(&store, folder.path(), Settings::default()).await;
        world.user("ada", Some("editor"), &[]).await;
        let draft =
            ClientDraft { name: "Probe".to_owned(), redirect_uris: vec![REDIRECT.to_owned()] };
        let client = world.access.client_register(draft, ADDRESS).await.unwrap();
        let client = world.access.client(&client.id.to_string(), &NoFetch, ADDRESS).await.unwrap();
        Self { folder, store, world, client }
    }

    async fn restart(&mut self) {
        let now = self.world.clock.0.load(Ordering::Relaxed);
        self.world = open(&self.store, self.folder.path(), Settings::default()).await;
        self.world.clock.0.store(now, Ordering::Relaxed);
    }

    async fn session(&self, name: &str) -> Caller {
        let holder = self.world.access.login(name, PASSWORD, ADDRESS).await.unwrap();
        self.world.access.session_start(holder, ADDRESS).await.unwrap().caller
    }

    async fn allow(&self, level: Level) -> (ConnectedApp, String) {
        let by = self.session("ada").await;
        self.try_allow(&by, level).await.unwrap()
    }

    async fn try_allow(
        &self,
        by: &Caller,
        level: Level,
    ) -> Result<(ConnectedApp, String), AccessError> {
        let all = || vec!["*".to_owned()];
        let choice = AppChoice { level, projects: all(), workspaces: all() };
        self.world.access.app_allow(by, &self.client, REDIRECT, asked(), choice).await
    }

    fn code(&self, code: &str) -> CodeExchange {
        CodeExchange {
            code: code.to_owned(),
            client_id: self.client.id.clone(),
            redirect_uri: REDIRECT.to_owned(),
            verifier: VERIFIER.to_owned(),
            resource: RESOURCE.to_owned(),
        }
    }

    async fn connect(&self, code: &str) -> Result<AppTokens, OauthError> {
        self.world.access.app_connect(self.code(code)).await
    }

    async fn connected(&self, level: Level) -> AppTokens {
        let (_, code) = self.allow(level).await;
        self.connect(&code).await.unwrap()
    }

    async fn refresh(&self, token: &str) -> Result<AppTokens, OauthError> {
        let exchange = RefreshExchange {
            refresh: token.to_owned(),
            client_id: self.client.id.clone(),
            ..RefreshExchange::default()
        };
        self.world.access.app_refresh(exchange).await
    }

    fn wait(&self, ms: u64) {
        self.world.clock.0.fetch_add(ms, Ordering::Relaxed);
    }
}

fn asked() -> Asked {
    Asked {
        audience: Audience::Mcp,
        verbs: [Verb::View].into_iter().collect(),
        resource: RESOURCE.to_owned(),
        challenge: URL_SAFE_NO_PAD.encode(mac::sha256(VERIFIER.as_bytes())),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, OauthError>, says: &str) {
    let err = found.unwrap_err();
    assert!(matches!(&err, OauthError::Grant { .. }), "{err}");
    assert!(err.to_string().contains(says), "{err}");
}

#[tokio::test]
async fn an_app_does_what_it_was_let_in_for_and_nothing_else() {
    let place = Place::new().await;
    let tokens = place.connected(Level::Run).await;
    assert!(tokens.token.starts_with("tenon_") && tokens.token.len() == 70);
    assert_eq!(tokens.age_ms, 60 * 60_000);
    let caller = place.world.bearer(&tokens.token).unwrap();
    assert_eq!((caller.actor.as_str(), caller.via), ("user/ada", Via::App(tokens.app.id)));
    assert!(caller.may(Verb::Run, &Scope::Server) && !caller.may(Verb::Edit, &Scope::Server));
    caller.check_audience(Audience::Mcp).unwrap();
    let err = caller.check_audience(Audience::Api).unwrap_err();
    assert_eq!(err.to_string(), "this token is for /mcp, not for /api/v1");
    // The person may edit, so that it is worth asking; nobody makes an administrator of her.
    assert_eq!(caller.step_up(Verb::Edit).map(Asked::scope).unwrap(), "view run edit");
    assert_eq!(caller.step_up(Verb::Admin), None);
    assert_eq!(caller.step_up(Verb::Run), None);
    place.world.access.still(&caller).unwrap();
    // What it started goes on when its token does not.
    let words = caller.behalf().unwrap();
    place.wait(60 * 60_000);
    assert_eq!(place.world.bearer(&tokens.token).unwrap_err(), crate::Unknown::Expired);
    let behalf = place.world.access.behalf(&words).unwrap();
    assert!(behalf.may(Verb::Run, &Scope::Server) && !behalf.may(Verb::Edit, &Scope::Server));
    place.world.access.app_revoke(tokens.app.id).await.unwrap();
    assert_eq!(place.world.access.behalf(&words).unwrap_err(), crate::Unknown::Revoked);
    assert_eq!(place.world.access.still(&caller).unwrap_err(), crate::Unknown::Revoked);
}

#[tokio::test]
async fn all_is_what_the_person_may_at_that_moment() {
    let place = Place::new().await;
    let tokens = place.connected(Level::All).await;
    let may = |verb| place.world.bearer(&tokens.token).unwrap().may(verb, &Scope::Server);
    assert!(may(Verb::Edit) && !may(Verb::Admin));
    let draft = UserDraft { role: Some("viewer".to_owned()), ..UserDraft::default() };
    place.world.access.user_set("ada", draft).await.unwrap();
    assert!(may(Verb::View) && !may(Verb::Edit));
    let by = place.session("ada").await;
    let err = place.try_allow(&by, Level::Build).await.unwrap_err();
    assert_eq!(err.to_string(), "nobody can hand out more than they have: run, edit is missing");
    // A token lets nobody in.
    let caller = place.world.bearer(&tokens.token).unwrap();
    let err = place.try_allow(&caller, Level::Read).await.unwrap_err();
    assert!(matches!(err, AccessError::NoSession), "{err}");
}

#[tokio::test]
async fn a_code_is_good_for_whom_it_was_made_and_once() {
    let place = Place::new().await;
    let (app, code) = place.allow(Level::Read).await;
    assert!(place.world.access.apps().is_empty(), "it is not connected yet");
    let good = place.code(&code);
    let text = str::to_owned;
    for (exchange, says) in [
        (CodeExchange { verifier: "x".repeat(43), ..good.clone() }, "code_verifier"),
        (CodeExchange { verifier: text(""), ..good.clone() }, "code_verifier"),
        (CodeExchange { client_id: text("client_x"), ..good.clone() }, "another client's"),
        (CodeExchange { redirect_uri: format!("{REDIRECT}/2"), ..good.clone() }, "redirect_uri"),
        (CodeExchange { code: text(""), ..good.clone() }, "did not give out"),
        (
            CodeExchange { code: code.replacen("tenon_code_", "tenon_", 1), ..good.clone() },
            "did not",
        ),
    ] {
        refused(place.world.access.app_connect(exchange).await, says);
    }
    for resource in ["", "https://ci.example.com/api/v1"] {
        let exchange = CodeExchange { resource: text(resource), ..good.clone() };
        let err = place.world.access.app_connect(exchange).await.unwrap_err();
        assert!(matches!(err, OauthError::Target { .. }), "{err}");
    }
    // None of that has used it up.
    let tokens = place.connect(&code).await.unwrap();
    assert_eq!((tokens.app.id, place.world.access.apps().len()), (app.id, 1));
    place.world.bearer(&tokens.token).unwrap();
    refused(place.connect(&code).await, "was used before");
    assert_eq!(place.world.bearer(&tokens.token).unwrap_err(), crate::Unknown::Revoked);
    refused(place.refresh(&tokens.refresh).await, "was revoked");
    refused(place.connect(&code).await, "was revoked");

    let (_, code) = place.allow(Level::Read).await;
    place.wait(super::consent::CODE_MS);
    refused(place.connect(&code).await, "has expired");
}

#[tokio::test]
async fn a_changed_code_or_token_is_refused_by_arithmetic() {
    let place = Place::new().await;
    let (_, code) = place.allow(Level::Read).await;
    let changed = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    for at in ["tenon_code_".len(), 40, code.len() - 1] {
        refused(place.connect(&changed(&code, at)).await, "did not give out");
    }
    let tokens = place.connect(&code).await.unwrap();
    for at in ["tenon_refresh_".len(), 40, tokens.refresh.len() - 1] {
        refused(place.refresh(&changed(&tokens.refresh, at)).await, "did not give out");
    }
    for at in [6, 40, tokens.token.len() - 1] {
        let err = place.world.bearer(&changed(&tokens.token, at)).unwrap_err();
        assert_eq!(err, crate::Unknown::Forged);
    }
    // Each is good for its own purpose only.
    assert_eq!(place.world.bearer(&tokens.refresh).unwrap_err(), crate::Unknown::Forged);
    refused(place.refresh(&tokens.token).await, "did not give out");
    place.refresh(&tokens.refresh).await.unwrap();
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_lost_answer_comes_again() {
    let place = Place::new().await;
    let first = place.connected(Level::Read).await;
    place.wait(60_000);
    let second = place.refresh(&first.refresh).await.unwrap();
    assert_ne!(first.refresh, second.refresh);
    // The first token works to its end.
    for token in [&first.token, &second.token] {
        place.world.bearer(token).unwrap();
    }
    place.wait(10_000);
    let again = place.refresh(&first.refresh).await.unwrap();
    assert_eq!(again.refresh, second.refresh, "there is one line of them");
    assert_ne!(again.token, second.token);
    place.wait(30_000);
    let third = place.refresh(&second.refresh).await.unwrap();
    refused(place.refresh(&first.refresh).await, "was used before");
    for token in [&second.token, &third.token] {
        assert_eq!(place.world.bearer(token).unwrap_err(), crate::Unknown::Revoked);
    }
    refused(place.refresh(&third.refresh).await, "was revoked");
}

#[tokio::test]
async fn a_refresh_asks_for_no_more_and_for_nothing_else() {
    let place = Place::new().await;
    let tokens = place.connected(Level::Run).await;
    let good = RefreshExchange {
        refresh: tokens.refresh.clone(),
        client_id: place.client.id.clone(),
        resource: RESOURCE.to_owned(),
        scope: "view run".to_owned(),
    };
    let refresh = async |exchange| place.world.access.app_refresh(exchange).await;
    let other = RefreshExchange { client_id: "client_x".to_owned(), ..good.clone() };
    refused(refresh(other).await, "another client's");
    let other = RefreshExchange { scope: "view edit".to_owned(), ..good.clone() };
    assert!(matches!(refresh(other).await, Err(OauthError::Scope { .. })));
    let other = RefreshExchange { resource: "https://x.example".to_owned(), ..good.clone() };
    assert!(matches!(refresh(other).await, Err(OauthError::Target { .. })));
    refresh(good).await.unwrap();
}

#[tokio::test]
async fn an_app_that_is_idle_or_old_is_gone() {
    let place = Place::new().await;
    let day_ms = 24 * 60 * 60_000;
    let tokens = place.connected(Level::Read).await;
    place.wait(30 * day_ms);
    refused(place.refresh(&tokens.refresh).await, "not used for too long");
    let mut refresh = place.connected(Level::Read).await.refresh;
    for _ in 0..7 {
        place.wait(25 * day_ms);
        refresh = place.refresh(&refresh).await.unwrap().refresh;
    }
    place.wait(5 * day_ms);
    refused(place.refresh(&refresh).await, "not used for too long");
    assert!(place.world.access.apps().is_empty());
}

#[tokio::test]
async fn all_of_it_survives_a_restart() {
    let mut place = Place::new().await;
    let (_, code) = place.allow(Level::Read).await;
    place.restart().await;
    let first = place.connect(&code).await.unwrap();
    place.restart().await;
    place.world.bearer(&first.token).unwrap();
    let second = place.refresh(&first.refresh).await.unwrap();
    place.wait(30_000);
    place.restart().await;
    refused(place.connect(&code).await, "was used before");
    place.restart().await;
    assert_eq!(place.world.bearer(&second.token).unwrap_err(), crate::Unknown::Revoked);
    refused(place.refresh(&second.refresh).await, "was revoked");
}

#[tokio::test]
async fn a_revoked_app_stays_revoked_whatever_the_store_says() {
    let mut place = Place::new().await;
    let tokens = place.connected(Level::Read).await;
    let before = place.store.access_load().await.unwrap();
    place.world.access.app_revoke(tokens.app.id).await.unwrap();
    let now = before.apps[0].created_at;
    place.store.app_put(&before.apps[0], Some(&before.app_tokens[0]), now).await.unwrap();
    place.restart().await;
    assert_eq!(place.world.bearer(&tokens.token).unwrap_err(), crate::Unknown::Revoked);
    refused(place.refresh(&tokens.refresh).await, "was revoked");
    assert!(place.store.access_load().await.unwrap().apps.is_empty());
}

#[tokio::test]
async fn apps_end_with_whoever_let_them_in() {
    let place = Place::new().await;
    let disabled = place.connected(Level::Read).await;
    let (_, code) = place.allow(Level::Read).await;
    let draft = |is_disabled| UserDraft {
        role: Some("editor".to_owned()),
        is_disabled,
        ..UserDraft::default()
    };
    place.world.access.user_set("ada", draft(true)).await.unwrap();
    place.world.access.user_set("ada", draft(false)).await.unwrap();
    assert_eq!(place.world.bearer(&disabled.token).unwrap_err(), crate::Unknown::Revoked);
    refused(place.refresh(&disabled.refresh).await, "was revoked");
    refused(place.connect(&code).await, "was revoked");

    let tokens = place.connected(Level::Read).await;
    let by = place.session("ada").await;
    place.world.access.logout(&by, true).await.unwrap();
    assert_eq!(place.world.bearer(&tokens.token).unwrap_err(), crate::Unknown::Revoked);

    let tokens = place.connected(Level::Read).await;
    let own = place.world.bearer(&tokens.token).unwrap();
    place.world.access.logout(&own, false).await.unwrap();
    refused(place.refresh(&tokens.refresh).await, "was revoked");

    for by_refresh in [false, true] {
        let tokens = place.connected(Level::Read).await;
        let text = if by_refresh { &tokens.refresh } else { &tokens.token };
        let ended = place.world.access.app_end(text, "client_x").await;
        refused(ended, "another client's");
        let ended = place.world.access.app_end(text, &place.client.id).await.unwrap();
        assert_eq!(ended.map(|app| app.id), Some(tokens.app.id));
        assert_eq!(place.world.bearer(&tokens.token).unwrap_err(), crate::Unknown::Revoked);
    }
    assert_eq!(place.world.access.app_end("tenon_x", "").await.unwrap(), None);
}

#[tokio::test]
async fn a_program_registers_with_addresses_that_are_its_own() {
    let place = Place::new().await;
    let register = async |uris: &[&str]| {
        let redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
        let draft = ClientDraft { name: " A\u{7}b ".to_owned(), redirect_uris };
        place.world.access.client_register(draft, "198.51.100.1").await
    };
    for bad in [&[][..], &["javascript:alert(1)"], &[REDIRECT, "http://app.example/cb"]] {
        let err = register(bad).await.unwrap_err();
        assert!(matches!(err, ClientError::RedirectUri { .. }), "{err}");
    }
    for _ in 0..super::client::REGISTRATIONS_PER_HOUR {
        assert_eq!(register(&[REDIRECT]).await.unwrap().name, "Ab");
    }
    let err = register(&[REDIRECT]).await.unwrap_err();
    assert!(matches!(err, ClientError::Throttled { .. }), "{err}");
    let unknown = place.world.access.client("client_0", &NoFetch, ADDRESS).await.unwrap_err();
    assert!(matches!(unknown, ClientError::Unknown { .. }), "{unknown}");
    let err = place.client.check_redirect("https://evil.example/cb").unwrap_err();
    assert!(matches!(err, ClientError::Redirect { .. }), "{err}");
    place.client.check_redirect("http://127.0.0.1:9/cb").unwrap();
}
