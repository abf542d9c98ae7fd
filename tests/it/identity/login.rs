//! Logging in by the provider and by password, and what keeps others out.

use reqwest::Method;
use serde_json::Value;

use super::browser::Browser;
use super::{PASSWORD, World, provider, serve};

#[tokio::test]
async fn who_the_provider_knows_and_a_rule_fits_is_logged_in() {
    for alg in ["RS256", "ES256"] {
        let Some(world) = World::start(alg, &[]).await else { return };
        let page = Browser::new().get(&world.url("/auth/login")).await;
        assert!(page.text.contains("Log in with single sign-on"), "{}", page.text);
        assert!(!page.text.contains("<script"));
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");

        let (browser, page) = world.login("ada").await;
        assert_eq!((page.status, page.url), (200, world.url("/auth/account")), "{}", page.text);
        for part in ["oidc/ada", "platform", "myorg"] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        assert_eq!(browser.cookie(&world.server.url, "tenon_login"), None, "it is over");
        let page = browser.get(&world.url("/api/v1/whoami")).await;
        let who: Value = serde_json::from_str(&page.text).unwrap();
        assert_eq!(
            (who["actor"].as_str(), who["via"].as_str()),
            (Some("oidc/ada"), Some("session"))
        );
        assert_eq!(browser.get(&world.url("/api/v1/pipelines")).await.status, 200);
        // A maintainer is no administrator.
        assert_eq!(browser.get(&world.url("/api/v1/users")).await.status, 403);
        let known = world.root(&["visitor", "list", "--output", "json"]).ends(0).json().remove(0);
        assert_eq!(known[0]["id"], "oidc/ada");
        assert_eq!(known[0]["groups"], serde_json::json!(["platform"]));
        assert_eq!(known[0]["email"], "ada@example.com");
    }
}

#[tokio::test]
async fn who_no_rule_fits_is_told_so_and_is_nobody() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let (browser, page) = world.login("eve").await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("You are oidc/eve, but no rule of this server"), "{}", page.text);
    assert_eq!(browser.cookie(&world.server.url, "tenon_session"), None);
    assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 401);
    let args = ["audit", "list", "--action", "identity.", "--output", "json"];
    let audit = world.root(&args).ends(0).json().remove(0);
    let link = &audit[0];
    assert_eq!(
        (link["action"].as_str(), link["outcome"].as_str(), link["target"].as_str()),
        (Some("identity.login"), Some("denied"), Some("identity/oidc"))
    );
    let why = link["after"]["why"].as_str().unwrap();
    assert_eq!(why, "oidc/eve may do nothing on this server: no rule fits");
}

#[tokio::test]
async fn an_answer_counts_once_for_this_browser_and_this_login() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let start = world.url("/auth/oidc?next=%2Fapi%2Fv1%2Fpipelines");
    let (browser, callback, cookie) = at_the_door(&world).await;
    let refused = async |browser: &Browser, url: &str, says: &str| {
        let page = browser.once(Method::GET, url, None, &[]).await;
        assert_eq!(page.status, 400, "{}", page.text);
        assert!(page.text.contains(says), "{says}: {}", page.text);
        assert_eq!(browser.cookie(&world.server.url, "tenon_session"), None);
    };
    // In the browser of somebody else it is worth nothing.
    refused(&Browser::new(), &callback, "did not begin to log in here").await;
    let other = Browser::new();
    other.once(Method::GET, &start, None, &[]).await;
    refused(&other, &callback, "belongs to another login").await;
    let mut changed = cookie.clone();
    changed.replace_range(40..41, if &cookie[40..41] == "A" { "B" } else { "A" });
    other.cookie_set(&world.server.url, "tenon_login", &changed);
    refused(&other, &callback, "is not what this server gave it").await;
    let elsewhere = callback.replace("/auth/oidc/", "/auth/other/");
    refused(&browser, &elsewhere, "belongs to another login").await;

    let (browser, callback, cookie) = at_the_door(&world).await;
    let page = browser.get(&callback).await;
    assert_eq!((page.status, page.url), (200, world.url("/api/v1/pipelines")), "{}", page.text);
    let replay = Browser::new();
    replay.cookie_set(&world.server.url, "tenon_login", &cookie);
    refused(&replay, &callback, "has ended already").await;
}

/// Logs in up to the provider's last redirect, which is held back. Returns the browser, that
/// redirect, and the cookie of the way.
async fn at_the_door(world: &World) -> (Browser, String, String) {
    let browser = Browser::new();
    let page = browser.get(&world.url("/auth/oidc?next=%2Fapi%2Fv1%2Fpipelines")).await;
    let cookie = browser.cookie(&world.server.url, "tenon_login").unwrap();
    let (action, _) = page.form();
    let fields = [("prompt", "login"), ("login", "ada"), ("password", "any")];
    let page = browser.post(&action, &fields).await;
    let (action, _) = page.form();
    let mut page = browser.once(Method::POST, &action, Some(&[("prompt", "consent")]), &[]).await;
    while !page.location().unwrap().contains("/callback") {
        page = browser.once(Method::GET, &page.location().unwrap(), None, &[]).await;
    }
    (browser, page.location().unwrap(), cookie)
}

#[tokio::test]
async fn who_gives_up_or_meets_no_provider_hears_what_to_do() {
    let Some(mut world) = World::start("RS256", &[]).await else { return };
    let browser = Browser::new();
    let page = browser.get(&world.url("/auth/oidc")).await;
    let (action, _) = page.form();
    let page = browser.get(&format!("{action}/abort")).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("single sign-on says: "), "{}", page.text);

    let page = browser.get(&world.url("/auth/nobody")).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("configured are: oidc"), "{}", page.text);

    let page = browser.get(&world.url("/auth/oidc")).await;
    world.provider.kill();
    let page_after = browser.get(&world.url("/auth/oidc")).await;
    assert_eq!(page_after.status, 502, "{}", page_after.text);
    assert!(page_after.text.contains("cannot say who you are at this moment"));
    assert!(!page_after.text.contains(world.provider.url()), "{}", page_after.text);
    // Whoever was there already comes back, and is not let in either.
    assert!(page.url.starts_with(world.provider.url()), "{}", page.url);
    let args = ["audit", "list", "--action", "identity.", "--output", "json"];
    let audit = world.root(&args).ends(0).json().remove(0);
    let outcomes: Vec<&str> =
        audit.as_array().unwrap().iter().map(|link| link["action"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["identity.start", "identity.login"], "repeated ones are left out");
}

#[tokio::test]
async fn forms_of_other_sites_and_other_sessions_do_nothing() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let (browser, page) = world.login("ada").await;
    let csrf = page.field("csrf");
    let logout = world.url("/auth/logout");
    let evil = [("origin", "https://evil.example")];
    let fields = [("csrf", csrf.as_str())];
    let page = browser.once(Method::POST, &logout, Some(&fields), &evil).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let page = browser.post(&logout, &[("csrf", "0000")]).await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("was not made for your session"), "{}", page.text);
    assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 200);
    // Everywhere: another browser of the same person, too.
    let (other, _) = world.login("ada").await;
    let page = browser.post(&logout, &[("csrf", &csrf), ("everywhere", "true")]).await;
    assert_eq!(page.url, world.url("/auth/login"));
    for browser in [&browser, &other] {
        assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 401);
    }
}

#[tokio::test]
async fn a_disabled_visitor_is_out_and_stays_out() {
    let Some(world) = World::start("RS256", &[]).await else { return };
    let (browser, _) = world.login("ada").await;
    world.root(&["visitor", "disable", "oidc/ada"]).ends(0);
    assert_eq!(browser.get(&world.url("/api/v1/whoami")).await.status, 401);
    let (_, page) = world.login("ada").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("oidc/ada is disabled on this server"), "{}", page.text);
    world.root(&["visitor", "enable", "oidc/ada"]).ends(0);
    let (_, page) = world.login("ada").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let unknown = world.root(&["visitor", "disable", "oidc/zoe"]).ends(11);
    assert!(unknown.stderr.contains("nobody has logged in here as"), "{unknown:#?}");
}

#[tokio::test]
async fn a_password_works_in_the_form_and_mistakes_are_slowed_down() {
    let data = tempfile::tempdir().unwrap();
    let server = serve(data.path(), provider::free_port(), &[]).await;
    let url = |path: &str| format!("{}{path}", server.url);
    let add = serde_json::json!({ "name": "root", "password": PASSWORD, "role": "admin" });
    let client = reqwest::Client::new();
    let added = client.post(url("/api/v1/users")).bearer_auth(super::SUPER).json(&add);
    assert_eq!(added.send().await.unwrap().status(), 201);

    let browser = Browser::new();
    let page = browser.get(&url("/auth/device")).await;
    assert_eq!(page.url, url("/auth/login?next=%2Fauth%2Fdevice"));
    let (action, _) = page.form();
    let next = page.field("next");
    let fields =
        |password: &'static str, next| [("name", "root"), ("password", password), ("next", next)];
    let page = browser.post(&action, &fields("wrong", next.as_str())).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("The name or the password is wrong."), "{}", page.text);
    let page = browser.post(&action, &fields(PASSWORD, next.as_str())).await;
    assert_eq!((page.status, page.url), (200, url("/auth/device")), "{}", page.text);
    // Whoever makes up the page to go on to leads nobody away.
    let page = Browser::new().post(&action, &fields(PASSWORD, "//evil.example/")).await;
    assert_eq!(page.url, url("/auth/account"));

    let browser = Browser::new();
    let mut status = 401;
    for _ in 0..6 {
        let page = browser.post(&action, &fields("wrong", "/")).await;
        status = page.status;
        if status == 429 {
            assert!(!page.header("retry-after").is_empty());
            assert!(page.text.contains("Try again in "), "{}", page.text);
            break;
        }
    }
    assert_eq!(status, 429);
}

#[tokio::test]
async fn a_provider_that_is_configured_wrongly_is_known_at_the_start() {
    for (flags, says) in [
        (&["--identity", "nobody.client_id=x"][..], "which is not there; there are: github"),
        (&["--identity", "oidc.client_id=x"], "\"issuer\" is a required property"),
        (&["--identity", "oidc.clinet_id=x"], "clinetId"),
        (&["--identity", "client_id=x"], "is not NAME.KEY"),
        (&["--access-rule", "\"x\" in Grups"], "access.rule: the rule asks for \"Grups\""),
        (&["--callback-url", "https://ci.example.com/oauth"], "where this server has no page"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut command = crate::tenon::tenon(&["server", "--listen", "127.0.0.1:0", "--data"]);
        let said = command.arg(data.path()).args(flags).output().unwrap();
        let stderr = String::from_utf8(said.stderr).unwrap();
        assert!(!said.status.success() && stderr.contains(says), "{flags:?}: {stderr}");
    }
}

#[tokio::test]
async fn the_variables_of_others_configure_the_providers() {
    let data = tempfile::tempdir().unwrap();
    let environment = [
        ("CI_OAUTH_GITHUB_CLIENT_ID", "a"),
        ("CI_OAUTH_GITHUB_CLIENT_SECRET", "b"),
        ("CI_OAUTH_GITLAB_CLIENT_ID", "a"),
        ("CI_OAUTH_GITLAB_CLIENT_SECRET", "b"),
        ("CI_OAUTH_GITLAB_URL", "https://git.example.com"),
        ("CI_OAUTH_MICROSOFT_CLIENT_ID", "a"),
        ("CI_OAUTH_MICROSOFT_CLIENT_SECRET", "b"),
        ("CI_OAUTH_MICROSOFT_TENANT", "contoso.com"),
        ("CI_OAUTH_CALLBACK_URL", "https://ci.example.com"),
        ("CI_SERVER_RBAC", "\"myorg\" in Organizations && Provider == \"github\""),
    ];
    let server = crate::server_process::Server::start_in(data.path(), &[], &environment).await;
    let ways = server.get("/identities").await.unwrap();
    let names: Vec<&str> =
        ways.as_array().unwrap().iter().map(|way| way["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["github", "gitlab", "microsoft"]);
    assert_eq!(ways[0]["title"], "GitHub");
    let page = Browser::new();
    let page = page.once(Method::GET, &format!("{}/auth/github", server.url), None, &[]).await;
    let to = page.location().unwrap();
    assert!(to.starts_with("https://github.com/login/oauth/authorize?"), "{to}");
    let back = "redirect_uri=https%3A%2F%2Fci.example.com%2Fauth%2Fgithub%2Fcallback";
    assert!(to.contains(back) && to.contains("code_challenge_method=S256"), "{to}");
    assert!(page.header("set-cookie").contains("; HttpOnly; SameSite=Lax"));
}
