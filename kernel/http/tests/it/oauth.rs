//! OAuth 2.1 as a program and a browser see it.

mod endpoints;

use axum::body::Body;
use axum::http::Request;
use kernel_auth::{Settings, UserDraft};
use serde_json::{Value, json};

use crate::api::{Answer, World, request};

const PASSWORD: &str = "correct horse battery";
const ISSUER: &str = "http://localhost:7070";
const REDIRECT: &str = "http://127.0.0.1:4321/cb?x=1";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A server with an editor who is logged in, and a program.
struct Place {
    world: World,
    cookie: String,
    client: String,
}

impl Place {
    async fn new() -> Self {
        let world = World::with(Settings::default()).await;
        let draft = UserDraft { role: Some("editor".to_owned()), ..UserDraft::default() };
        world.access.user_add("ada", draft, Some(PASSWORD)).await.unwrap();
        let login = json!({ "name": "ada", "password": PASSWORD });
        let answer = world.post("/api/v1/session", login).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let register = json!({ "client_name": "Probe", "redirect_uris": [REDIRECT] });
        let client = world.post("/oauth/register", register).await.ok(201)["client_id"].clone();
        Self { world, cookie, client: client.as_str().unwrap().to_owned() }
    }

    /// Returns what the program asks, with some of it changed.
    fn ask(&self, changed: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = [
            ("client_id", self.client.as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("state", "a b&c"),
            ("scope", "view run"),
            ("resource", "http://localhost:7070/api/v1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        for (name, value) in changed {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields
    }

    async fn page(&self, changed: &[(&str, &str)]) -> Answer {
        let path = format!("/oauth/authorize?{}", encoded(&self.ask(changed)));
        self.world.send(request("GET", &path, &[("cookie", &self.cookie)], None)).await
    }

    /// Sends the form of the page.
    async fn answer(&self, ask: &[(&str, &str)], choice: &[(&str, &str)]) -> Answer {
        let page = self.page(ask).await.text();
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        let csrf = rest.split('"').next().unwrap();
        let mut fields = self.ask(ask);
        let more = [("csrf", csrf), ("projects", "*"), ("workspaces", "*"), ("answer", "allow")];
        for (name, value) in more.iter().chain(choice) {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let headers = [("cookie", self.cookie.as_str()), ("origin", ISSUER)];
        self.world.send(form("/oauth/authorize", &headers, &fields)).await
    }

    /// Lets the program in, and returns its code.
    async fn code(&self, ask: &[(&str, &str)], level: &str) -> String {
        let answer = self.answer(ask, &[("level", level)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        query(answer.header("location"), "code").unwrap()
    }

    async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.world.send(form("/oauth/token", &[], &fields)).await
    }

    async fn exchange(&self, code: &str, resource: &str) -> Value {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ];
        self.token(&fields).await.ok(200)
    }

    async fn connected(&self, part: &str, level: &str) -> Value {
        let resource = format!("{ISSUER}{part}");
        let code = self.code(&[("resource", &resource)], level).await;
        self.exchange(&code, &resource).await
    }

    async fn call(&self, method: &str, path: &str, tokens: &Value, body: Option<Value>) -> Answer {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        self.world.send(request(method, path, &[("authorization", &bearer)], body)).await
    }
}

fn encoded(fields: &[(String, String)]) -> String {
    let hex = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", hex(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn form(path: &str, headers: &[(&str, &str)], fields: &[(String, String)]) -> Request<Body> {
    let mut request = request("POST", path, headers, None);
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    request.headers_mut().insert("content-type", kind);
    *request.body_mut() = Body::from(encoded(fields));
    request
}

fn query(url: &str, name: &str) -> Option<String> {
    let pairs = url.split_once('?').unwrap().1.split('&');
    let mut found = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.next().map(str::to_owned)
}

#[tokio::test]
async fn programs_find_out_how_they_are_let_in() {
    let place = Place::new().await;
    for (path, resource) in [
        ("/.well-known/oauth-protected-resource", ISSUER.to_owned()),
        ("/.well-known/oauth-protected-resource/api/v1", format!("{ISSUER}/api/v1")),
        ("/.well-known/oauth-protected-resource/mcp", format!("{ISSUER}/mcp")),
    ] {
        let found = place.world.get(path).await.ok(200);
        assert_eq!(found["resource"], resource);
        assert_eq!(found["authorization_servers"], json!([ISSUER]));
        assert_eq!(found["bearer_methods_supported"], json!(["header"]));
        assert_eq!(found["scopes_supported"], json!(["view", "run", "edit"]));
    }
    let path = "/.well-known/oauth-protected-resource/other";
    place.world.get(path).await.refused(404, "route-unknown");
    let found = place.world.get("/.well-known/oauth-authorization-server").await.ok(200);
    assert_eq!(
        found,
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "http://localhost:7070/oauth/authorize",
            "token_endpoint": "http://localhost:7070/oauth/token",
            "registration_endpoint": "http://localhost:7070/oauth/register",
            "revocation_endpoint": "http://localhost:7070/oauth/revoke",
            "scopes_supported": ["view", "run", "edit"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "client_id_metadata_document_supported": true,
            "authorization_response_iss_parameter_supported": true,
            "protected_resources":
                ["http://localhost:7070/api/v1", "http://localhost:7070/mcp"],
        })
    );
    place.world.get("/.well-known/openid-configuration").await.refused(404, "route-unknown");
    let open = World::new().await;
    let path = "/.well-known/oauth-authorization-server";
    open.get(path).await.refused(404, "oauth-off");
}

#[tokio::test]
async fn who_is_not_known_is_told_where_to_ask() {
    let place = Place::new().await;
    let answer = place.world.get("/api/v1/pipelines").await;
    answer.refused(401, "unauthenticated");
    let place_of = "resource_metadata=\"http://localhost:7070/.well-known/\
                    oauth-protected-resource/api/v1\"";
    let header = answer.header("www-authenticate");
    assert_eq!(header, format!("Bearer realm=\"tenon\", {place_of}, scope=\"view\""));
    let wrong = json!({ "access_token": "tenon_x" });
    let answer = place.call("GET", "/api/v1/users", &wrong, None).await;
    let header = answer.header("www-authenticate");
    let error = "error=\"invalid_token\", error_description=\"this is not a token of this server\"";
    assert_eq!(header, format!("Bearer realm=\"tenon\", {error}, {place_of}, scope=\"admin\""));
    // A token in the address is none.
    let path = "/api/v1/pipelines?access_token=tenon_x";
    place.world.get(path).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_program_does_what_a_person_has_let_it_do() {
    let place = Place::new().await;
    let page = place.page(&[]).await;
    let text = page.text();
    assert_eq!(page.status, 200, "{text}");
    for part in [
        "Let in Probe?",
        "registered itself",
        "this device (127.0.0.1:4321)",
        "user/ada",
        "Nobody has checked the name",
        "value=\"run\" checked",
        "Everything that you may",
        "At this moment: view, run, edit.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with("form-action 'self' http://127.0.0.1:4321"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !text.contains("<script"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");

    let answer = place.answer(&[], &[("level", "run")]).await;
    let to = answer.header("location");
    assert!(to.starts_with("http://127.0.0.1:4321/cb?x=1&code=tenon_code_"), "{to}");
    assert_eq!(query(to, "state").unwrap(), "a%20b%26c");
    assert_eq!(query(to, "iss").unwrap(), "http%3A%2F%2Flocalhost%3A7070");
    let tokens = place.exchange(&query(to, "code").unwrap(), "http://localhost:7070/api/v1").await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(tokens["scope"], "view run");
    let who = place.call("GET", "/api/v1/whoami", &tokens, None).await.ok(200);
    assert_eq!((&who["actor"], &who["via"]), (&json!("user/ada"), &json!("app")));
    assert_eq!(who["verbs"], json!(["view", "run"]));
    place.call("GET", "/api/v1/pipelines", &tokens, None).await.ok(200);

    let source = crate::api::set(&json!([{ "name": "a" }]));
    let denied = place.call("PUT", "/api/v1/pipelines/ci", &tokens, Some(source)).await;
    denied.refused(403, "forbidden");
    let header = denied.header("www-authenticate");
    assert!(header.contains("error=\"insufficient_scope\""), "{header}");
    assert!(header.ends_with("scope=\"view run edit\""), "{header}");
    // What the person may not do either is not worth asking for.
    let denied = place.call("GET", "/api/v1/users", &tokens, None).await;
    denied.refused(403, "forbidden");
    assert!(!denied.headers.contains_key("www-authenticate"));
}

#[tokio::test]
async fn a_token_for_one_part_is_none_for_another() {
    let place = Place::new().await;
    let tokens = place.connected("/mcp", "read").await;
    for path in ["/api/v1/pipelines", "/api/v1/whoami", "/metrics"] {
        let answer = place.call("GET", path, &tokens, None).await;
        let problem = answer.refused(401, "unauthenticated");
        assert_eq!(problem["detail"], "this token is for /mcp, not for /api/v1");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
    // The server as a whole is its API.
    let resource = format!("{ISSUER}/");
    let code = place.code(&[("resource", &resource)], "read").await;
    let tokens = place.exchange(&code, &resource).await;
    place.call("GET", "/api/v1/pipelines", &tokens, None).await.ok(200);
}

#[tokio::test]
async fn an_app_is_not_the_person() {
    let place = Place::new().await;
    let tokens = place.connected("/api/v1", "all").await;
    let id = "app_00000000000000000000000000";
    for (method, path) in [
        ("GET", "/api/v1/tokens"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", "/api/v1/tokens/tok_00000000000000000000000000"),
        ("GET", "/api/v1/apps"),
        ("DELETE", &format!("/api/v1/apps/{id}")),
        ("POST", "/api/v1/password"),
        ("POST", "/api/v1/logout"),
    ] {
        let answer = place.call(method, path, &tokens, Some(json!({}))).await;
        let problem = answer.refused(403, "forbidden");
        assert_eq!(problem["detail"], "user/ada must do this without an app in between");
    }
}

#[tokio::test]
async fn nobody_is_sent_where_the_program_is_not_known_to_be() {
    let place = Place::new().await;
    for (changed, says) in [
        (("client_id", ""), "no program is registered here"),
        (("client_id", "client_00000000000000000000000000"), "no program is registered here"),
        (("client_id", "http://app.example/x"), "is not the address of a program"),
        (("client_id", "https://app.example/x"), "the answer there is 404"),
        (("redirect_uri", ""), "did not say that it may be answered"),
        (("redirect_uri", "http://127.0.0.1:4321/cb"), "did not say that it may be answered"),
        (("redirect_uri", "https://evil.example/cb"), "did not say that it may be answered"),
        (("redirect_uri", "javascript:alert(1)"), "did not say that it may be answered"),
    ] {
        let page = place.page(&[changed]).await;
        assert_eq!(page.status, 400, "{changed:?}");
        assert!(!page.headers.contains_key("location"), "{page:?}");
        let text = page.text().to_lowercase();
        assert!(text.contains(says), "{changed:?}: {text}");
    }
    let twice = format!("/oauth/authorize?{}&state=x", encoded(&place.ask(&[])));
    place.world.get(&twice).await.text().contains("is given 2 times");
}

#[tokio::test]
async fn a_program_that_asks_wrongly_is_told_so() {
    let place = Place::new().await;
    for (changed, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_mode", "fragment"), "invalid_request"),
        (("resource", ""), "invalid_target"),
        (("resource", "https://other.example/mcp"), "invalid_target"),
    ] {
        let answer = place.page(&[changed]).await;
        assert_eq!(answer.status, 303, "{changed:?}");
        let to = answer.header("location");
        assert!(to.starts_with("http://127.0.0.1:4321/cb?x=1&error="), "{to}");
        assert_eq!(query(to, "error").unwrap(), error, "{changed:?}");
        assert_eq!(query(to, "state").unwrap(), "a%20b%26c");
        assert_eq!(query(to, "iss").unwrap(), "http%3A%2F%2Flocalhost%3A7070");
    }
    let answer = place.answer(&[], &[("answer", "deny")]).await;
    assert_eq!(query(answer.header("location"), "error").unwrap(), "access_denied");
    assert!(place.world.access.apps().is_empty());
}

#[tokio::test]
async fn who_is_not_logged_in_logs_in_first_and_comes_back() {
    let place = Place::new().await;
    let path = format!("/oauth/authorize?{}", encoded(&place.ask(&[])));
    let answer = place.world.get(&path).await;
    assert_eq!(answer.status, 303);
    let to = answer.header("location");
    assert!(to.starts_with("/auth/login?next=%2Foauth%2Fauthorize%3Fclient_id%3D"), "{to}");
    // Nobody makes the server fetch something: the description would have been missed.
    let described = place.ask(&[("client_id", "https://app.example/x")]);
    let path = format!("/oauth/authorize?{}", encoded(&described));
    assert_eq!(place.world.get(&path).await.status, 303);
    let described = place.ask(&[("client_id", "https://app.example/x"), ("resource", "")]);
    let path = format!("/oauth/authorize?{}", encoded(&described));
    assert_eq!(place.world.get(&path).await.status, 400);
    let long = place.ask(&[("state", &"x".repeat(2_000))]);
    let path = format!("/oauth/authorize?{}", encoded(&long));
    assert_eq!(place.world.get(&path).await.status, 414);
    // A program has no browser to be asked with.
    let tokens = place.connected("/api/v1", "read").await;
    let path = format!("/oauth/authorize?{}", encoded(&place.ask(&[])));
    assert_eq!(place.call("GET", &path, &tokens, None).await.status, 303);
}

#[tokio::test]
async fn a_person_decides_on_the_page_alone() {
    let place = Place::new().await;
    let answer = place.answer(&[], &[("csrf", "0")]).await;
    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("location")), (403, false));
    let mut fields = place.ask(&[]);
    fields.push(("answer".to_owned(), "allow".to_owned()));
    let headers = [("cookie", place.cookie.as_str()), ("origin", "https://evil.example")];
    place
        .world
        .send(form("/oauth/authorize", &headers, &fields))
        .await
        .refused(403, "origin-refused");
    // What was changed on the way is judged again.
    let answer = place.answer(&[], &[("redirect_uri", "https://evil.example/cb")]).await;
    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("location")), (400, false));
    let answer = place.answer(&[], &[("projects", "a b/../c")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("is not a pattern") && answer.text().contains("<details open>"));
    let answer = place.answer(&[], &[("level", "build"), ("projects", "app, tools")]).await;
    let code = query(answer.header("location"), "code").unwrap();
    place.exchange(&code, "http://localhost:7070/api/v1").await;
    assert_eq!(place.world.access.apps()[0].projects, ["app", "tools"]);
}
