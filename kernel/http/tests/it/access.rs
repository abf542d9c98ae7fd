//! Logging in and out, accounts, and what is written down of it.

use kernel_auth::{Settings, UserDraft};
use serde_json::{Value, json};

use crate::api::{Answer, World, request};
use crate::sse::Stream;

const PASSWORD: &str = "correct horse battery";

async fn world() -> (World, String) {
    let world = World::with(Settings::default()).await;
    let draft = UserDraft { role: Some("admin".to_owned()), ..UserDraft::default() };
    world.access.user_add("alice", draft, Some(PASSWORD)).await.unwrap();
    let login = json!({ "name": "alice", "password": PASSWORD });
    let token =
        world.post("/api/v1/login", login).await.ok(200)["text"].as_str().unwrap().to_owned();
    (world, token)
}

impl World {
    async fn call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(request(method, path, &[("authorization", &bearer)], body)).await
    }
}

#[tokio::test]
async fn a_login_gives_a_token_that_a_logout_ends() {
    let (world, token) = world().await;
    let who = world.call("GET", "/api/v1/whoami", &token, None).await.ok(200);
    assert_eq!((who["actor"].as_str(), who["via"].as_str()), (Some("user/alice"), Some("token")));
    let ended = world.call("POST", "/api/v1/logout", &token, None).await.ok(200);
    assert_eq!(ended["ended"], 1);
    let answer = world.call("GET", "/api/v1/whoami", &token, None).await;
    let problem = answer.refused(401, "unauthenticated");
    assert_eq!(problem["detail"], "this token was revoked");
}

#[tokio::test]
async fn a_stream_ends_when_its_token_does() {
    let (world, admin) = world().await;
    let source = crate::api::set(&json!([{ "name": "a", "wait": true }]));
    world.call("PUT", "/api/v1/pipelines/ci", &admin, Some(source)).await.ok(201);
    let run = world.call("POST", "/api/v1/pipelines/ci/runs", &admin, Some(json!({}))).await;
    let path = format!("/api/v1/runs/{}/events", run.ok(201)["id"].as_str().unwrap());
    let login = json!({ "name": "alice", "password": PASSWORD });
    let other = world.post("/api/v1/login", login).await.ok(200)["text"].clone();
    let other = other.as_str().unwrap();
    let follow = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let mut stream = Stream::of(world.begin(request("GET", &path, &headers, None)).await);
        while stream.next().await.unwrap().data["event"] != "attempt-started" {}
        stream
    };
    let (ours, theirs) = (follow(&admin).await, follow(other).await);
    world.call("POST", "/api/v1/logout", other, None).await.ok(200);
    world.gate.send_replace(true);
    assert_eq!(ours.all().await.last().unwrap().name, "end");
    assert_eq!(theirs.all().await, [], "what came after the logout is not theirs to see");
}

#[tokio::test]
async fn a_wrong_login_is_refused_and_written_down() {
    let (world, token) = world().await;
    for name in ["alice", "alice", "alice", "bob", "bob", "eve"] {
        let login = json!({ "name": name, "password": "wrong password" });
        let answer = world.post("/api/v1/login", login).await;
        let problem = answer.refused(401, "login-refused");
        assert_eq!(problem["detail"], "the name or the password is wrong");
    }
    let path = "/api/v1/audit?action=access.login&outcome=denied";
    let found = world.call("GET", path, &token, None).await.ok(200);
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 6, "{found}");
    assert_eq!(items[0]["target"], "user/eve");
    let text = found.to_string();
    assert!(!text.contains("wrong password") && !text.contains(PASSWORD), "{text}");
}

#[tokio::test]
async fn a_browser_session_needs_its_code_for_changes() {
    let (world, _) = world().await;
    let login = json!({ "name": "alice", "password": PASSWORD });
    let answer = world.post("/api/v1/session", login).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("tenon_session="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
    let csrf = answer.ok(200)["csrf"].as_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let get = request("GET", "/api/v1/users", &[("cookie", cookie)], None);
    world.send(get).await.ok(200);
    let path = "/api/v1/rules/viewer";
    let rule = || Some(json!({ "expression": "true" }));
    let put = request("PUT", path, &[("cookie", cookie)], rule());
    world.send(put).await.refused(403, "csrf");
    let headers = [("cookie", cookie), ("x-tenon-csrf", csrf.as_str())];
    world.send(request("PUT", path, &headers, rule())).await.ok(200);
    let forged = [("cookie", "tenon_session=0000"), ("x-tenon-csrf", csrf.as_str())];
    world.send(request("PUT", path, &forged, rule())).await.refused(401, "unauthenticated");
    let out = request("POST", "/api/v1/logout", &headers, None);
    assert!(world.send(out).await.header("set-cookie").contains("Max-Age=0"));
    let get = request("GET", "/api/v1/users", &[("cookie", cookie)], None);
    world.send(get).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn users_tokens_roles_and_rules_are_managed_and_written_down() {
    let (world, token) = world().await;
    let add = json!({ "name": "bob", "password": "another password", "groups": ["platform"] });
    world.call("POST", "/api/v1/users", &token, Some(add.clone())).await.ok(201);
    world.call("POST", "/api/v1/users", &token, Some(add)).await.refused(409, "access-conflict");
    let short = json!({ "password": "short" });
    let answer = world.call("POST", "/api/v1/users/bob/password", &token, Some(short)).await;
    answer.refused(422, "access-invalid");
    let rule = json!({ "expression": "\"platform\" in Grups" });
    let answer = world.call("PUT", "/api/v1/rules/viewer", &token, Some(rule)).await;
    answer.refused(422, "access-rule-invalid");
    let rule = json!({ "expression": "\"platform\" in Groups" });
    world.call("PUT", "/api/v1/rules/viewer", &token, Some(rule)).await.ok(200);
    let test = json!({ "expression": "\"platform\" in groups", "user": "bob" });
    let fits = world.call("POST", "/api/v1/rules/test", &token, Some(test)).await.ok(200);
    assert_eq!(fits["fits"], true);
    let verbs = json!({ "verbs": ["view", "approve"] });
    let answer = world.call("PUT", "/api/v1/roles/releaser", &token, Some(verbs)).await;
    assert_eq!(answer.status, 204);
    let create = json!({ "name": "deploy", "verbs": ["run"], "isService": true });
    let made = world.call("POST", "/api/v1/tokens", &token, Some(create)).await.ok(201);
    let id = made["token"]["id"].as_str().unwrap();
    let answer = world.call("DELETE", &format!("/api/v1/tokens/{id}"), &token, None).await;
    assert_eq!(answer.status, 204);
    let found = world.call("GET", "/api/v1/audit?actor=user/alice", &token, None).await.ok(200);
    let items = found["items"].as_array().unwrap();
    let said: Vec<String> = items
        .iter()
        .rev()
        .map(|item| {
            let word = |name: &str| item[name].as_str().unwrap().to_owned();
            format!("{} {}", word("action"), word("outcome"))
        })
        .collect();
    assert_eq!(
        said,
        [
            "access.login done",
            "user.add done",
            "user.add failed",
            "user.password failed",
            "rule.set failed",
            "rule.set done",
            "role.set done",
            "token.create done",
            "token.revoke done",
        ]
    );
    assert!(!found.to_string().contains(made["text"].as_str().unwrap()));
    let verdict = world.call("GET", "/api/v1/audit/verify", &token, None).await.ok(200);
    assert_eq!(verdict["isIntact"], true, "{verdict}");
}

#[tokio::test]
async fn who_acts_is_who_is_logged_in_whatever_they_say() {
    let (world, token) = world().await;
    let source = crate::api::set(&json!([{ "name": "a" }]));
    world.call("PUT", "/api/v1/pipelines/ci", &token, Some(source)).await.ok(201);
    let said = json!({ "by": "somebody else" });
    let run = world.call("POST", "/api/v1/pipelines/ci/runs", &token, Some(said)).await.ok(201);
    assert!(run.to_string().contains("user/alice"), "{run}");
    assert!(!run.to_string().contains("somebody else"), "{run}");
}
