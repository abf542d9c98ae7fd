//! What programs call, and what people see of them.

use kernel_auth::UserDraft;
use serde_json::{Value, json};

use super::{PASSWORD, Place, VERIFIER, form};
use crate::api::request;

#[tokio::test]
async fn refusals_of_tokens_have_the_words_of_the_standard() {
    let place = Place::new().await;
    let code = place.code(&[], "read").await;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", place.client.as_str()),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        ("resource", "http://localhost:7070/api/v1"),
    ];
    let other = "x".repeat(43);
    for (name, value, error) in [
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("client_id", "", "invalid_request"),
        ("client_id", "client_x", "invalid_grant"),
        ("code", "", "invalid_request"),
        ("code", "tenon_code_x", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("code_verifier", other.as_str(), "invalid_grant"),
        ("resource", "", "invalid_target"),
        ("resource", "http://localhost:7070/mcp", "invalid_target"),
    ] {
        let fields: Vec<_> = good
            .iter()
            .map(|(known, kept)| (*known, if *known == name { value } else { *kept }))
            .collect();
        let answer = place.token(&fields).await;
        assert_eq!(answer.header("content-type"), "application/json");
        let body = answer.ok(400);
        assert_eq!(body["error"], error, "{name}={value}: {body}");
        assert!(!body["error_description"].as_str().unwrap().contains('"'), "{body}");
    }
    let twice = [&good[..], &good[..1]].concat();
    assert_eq!(place.token(&twice).await.ok(400)["error"], "invalid_request");
    let answer = place.world.post("/oauth/token", json!({})).await;
    assert_eq!(answer.ok(400)["error"], "invalid_request");
    let answer = place.token(&good).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.ok(200);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", place.client.as_str()),
        ("refresh_token", refresh),
    ];
    let wider = [&fields[..], &[("scope", "view admin")]].concat();
    assert_eq!(place.token(&wider).await.ok(400)["error"], "invalid_scope");
    let next = place.token(&fields).await.ok(200);
    assert_ne!(next["refresh_token"], tokens["refresh_token"]);
    // The code comes again: all of it ends.
    assert_eq!(place.token(&good).await.ok(400)["error"], "invalid_grant");
    place.call("GET", "/api/v1/whoami", &next, None).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn programs_register_with_addresses_that_are_theirs() {
    let place = Place::new().await;
    let register = async |body: Value| place.world.post("/oauth/register", body).await;
    for uris in [json!([]), json!(["javascript:alert(1)"]), json!(["http://app.example/cb"])] {
        let answer = register(json!({ "redirect_uris": uris })).await;
        assert_eq!(answer.ok(400)["error"], "invalid_redirect_uri");
    }
    let answer = register(json!({ "redirect_uris": "x" })).await;
    assert_eq!(answer.ok(400)["error"], "invalid_client_metadata");
    let made = register(json!({
        "redirect_uris": ["https://app.example/cb"],
        "token_endpoint_auth_method": "client_secret_basic",
        "contacts": ["somebody"],
    }));
    let made = made.await.ok(201);
    assert_eq!(made["token_endpoint_auth_method"], "none");
    assert!(made["client_id"].as_str().unwrap().starts_with("client_"), "{made}");
    assert!(made.get("client_secret").is_none());
}

#[tokio::test]
async fn pages_of_all_sites_may_ask_for_tokens_and_for_nothing_else() {
    let place = Place::new().await;
    let preflight = async |path: &str| {
        let headers = [
            ("origin", "https://tool.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "mcp-protocol-version"),
        ];
        place.world.send(request("OPTIONS", path, &headers, None)).await
    };
    for path in [
        "/oauth/token",
        "/oauth/register",
        "/oauth/revoke",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let answer = preflight(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://tool.example", "{path}");
        assert!(answer.header("access-control-allow-headers").contains("mcp-protocol-version"));
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    for path in ["/api/v1/tokens", "/oauth/authorize", "/auth/login"] {
        let answer = preflight(path).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
    let origin = [("origin", "https://tool.example")];
    let get = request("GET", "/.well-known/oauth-authorization-server", &origin, None);
    place.world.send(get).await.ok(200);
    let get = request("GET", "/oauth/authorize", &origin, None);
    place.world.send(get).await.refused(403, "origin-refused");
}

#[tokio::test]
async fn a_person_sees_what_is_connected_and_ends_it() {
    let place = Place::new().await;
    let tokens = place.connected("/api/v1", "read").await;
    let other = place.connected("/mcp", "read").await;
    let cookie = [("cookie", place.cookie.as_str())];
    let page = place.world.send(request("GET", "/auth/account", &cookie, None)).await.text();
    assert!(page.contains("Connected apps") && page.contains("view on /mcp"), "{page}");
    let found = place.world.send(request("GET", "/api/v1/apps", &cookie, None)).await.ok(200);
    let apps = found.as_array().unwrap();
    assert_eq!((apps.len(), &apps[0]["name"]), (2, &json!("Probe")));
    assert_eq!((&apps[0]["holder"], &apps[1]["audience"]), (&json!("user/ada"), &json!("/mcp")));
    let text = found.to_string();
    assert!(!text.contains(tokens["refresh_token"].as_str().unwrap()), "{text}");

    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let id = apps[0]["id"].as_str().unwrap();
    let fields =
        |csrf: &str| vec![("csrf".to_owned(), csrf.to_owned()), ("app".to_owned(), id.to_owned())];
    let answer = place.world.send(form("/auth/apps", &cookie, &fields("0"))).await;
    assert_eq!(answer.status, 403);
    place.call("GET", "/api/v1/whoami", &tokens, None).await.ok(200);
    let answer = place.world.send(form("/auth/apps", &cookie, &fields(csrf))).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/auth/account"));
    place.call("GET", "/api/v1/whoami", &tokens, None).await.refused(401, "unauthenticated");

    // Somebody else sees and ends nothing of it; an administrator does.
    let login = async |name: &str, role: &str| {
        let draft = UserDraft { role: Some(role.to_owned()), ..UserDraft::default() };
        place.world.access.user_add(name, draft, Some(PASSWORD)).await.unwrap();
        let login = json!({ "name": name, "password": PASSWORD });
        json!({ "access_token": place.world.post("/api/v1/login", login).await.ok(200)["text"] })
    };
    let path = format!("/api/v1/apps/{}", apps[1]["id"].as_str().unwrap());
    let bob = login("bob", "editor").await;
    assert_eq!(place.call("GET", "/api/v1/apps", &bob, None).await.ok(200), json!([]));
    place.call("DELETE", &path, &bob, None).await.refused(404, "app-unknown");
    let root = login("root", "admin").await;
    assert_eq!(place.call("DELETE", &path, &root, None).await.status, 204);
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", place.client.as_str()),
        ("refresh_token", other["refresh_token"].as_str().unwrap()),
    ];
    assert_eq!(place.token(&refresh).await.ok(400)["error"], "invalid_grant");
    let found = place.call("GET", "/api/v1/audit", &root, None).await.ok(200);
    let said: Vec<String> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|item| {
            format!("{} {}", item["action"].as_str().unwrap(), item["outcome"].as_str().unwrap())
        })
        .filter(|said| said.starts_with("app.") || said.starts_with("oauth."))
        .collect();
    assert_eq!(
        said,
        [
            "oauth.register done",
            "app.consent done",
            "oauth.token done",
            "app.consent done",
            "oauth.token done",
            "app.revoke denied",
            "app.revoke done",
            "app.revoke failed",
            "app.revoke done",
        ]
    );
}

#[tokio::test]
async fn a_program_ends_its_own_tokens() {
    let place = Place::new().await;
    let tokens = place.connected("/api/v1", "read").await;
    let revoke = async |token: &str| {
        let fields = [("token", token), ("client_id", place.client.as_str())];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        place.world.send(form("/oauth/revoke", &[], &fields)).await
    };
    assert_eq!(revoke("tenon_x").await.status, 200);
    assert_eq!(revoke("").await.ok(400)["error"], "invalid_request");
    place.call("GET", "/api/v1/whoami", &tokens, None).await.ok(200);
    assert_eq!(revoke(tokens["refresh_token"].as_str().unwrap()).await.status, 200);
    place.call("GET", "/api/v1/whoami", &tokens, None).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_person_changes_the_own_password() {
    let place = Place::new().await;
    let login = json!({ "name": "ada", "password": PASSWORD });
    let token = json!({
        "access_token": place.world.post("/api/v1/login", login.clone()).await.ok(200)["text"]
    });
    let change = async |old: &str, new: &str| {
        let body = json!({ "old": old, "new": new });
        place.call("POST", "/api/v1/password", &token, Some(body)).await
    };
    let wrong = change("wrong password", "another horse battery").await;
    let problem = wrong.refused(401, "login-refused");
    assert_eq!(problem["detail"], "the old password is wrong");
    change(PASSWORD, "short").await.refused(422, "access-invalid");
    assert_eq!(change(PASSWORD, "another horse battery").await.status, 204);
    place.call("GET", "/api/v1/whoami", &token, None).await.ok(200);
    // The browser was another login.
    let cookie = [("cookie", place.cookie.as_str())];
    let get = request("GET", "/api/v1/whoami", &cookie, None);
    place.world.send(get).await.refused(401, "unauthenticated");
    place.world.post("/api/v1/login", login).await.refused(401, "login-refused");
}
