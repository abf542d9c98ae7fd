//! Every route, as everybody: what the table of routes says is what happens.

use std::fmt::Write as _;

use axum::http::StatusCode;
use expect_test::expect_file;
use kernel_auth::{Settings, TokenDraft, UserDraft};
use kernel_model::access::{Verb, Verbs};
use kernel_model::time::Time;
use kernel_ports::access::Holder;
use serde_json::{Value, json};

use crate::api::{World, request};

/// Who tries.
const WHO: [&str; 13] = [
    "admin",
    "maintainer",
    "editor",
    "approver",
    "runner",
    "viewer",
    "none",
    "elsewhere",
    "in-default",
    "in-dev",
    "expired",
    "revoked",
    "nobody",
];

/// Returns the operations of the document that the server itself gives out.
async fn operations(world: &World) -> Vec<(String, String)> {
    let document = world.get("/openapi.json").await.ok(200);
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| (path.clone(), method.to_uppercase()))
    });
    operations.collect()
}

impl World {
    /// Returns a new token of somebody: what the last request did to the others does not count.
    async fn token_of(&self, who: &str) -> Option<String> {
        let all = || vec!["*".to_owned()];
        let service = TokenDraft {
            name: who.to_owned(),
            holder: Holder::Service,
            verbs: Verbs::all(),
            projects: all(),
            workspaces: all(),
            expires_at: None,
        };
        let root = self.access.token_bootstrap().await.unwrap().1;
        let root = kernel_auth::Credential::Bearer(&root);
        let root = self.access.authenticate(&root, "").unwrap();
        let draft = match who {
            "nobody" => return None,
            "elsewhere" => TokenDraft { projects: vec!["other".to_owned()], ..service },
            "in-default" => TokenDraft { workspaces: vec!["default".to_owned()], ..service },
            "in-dev" => TokenDraft { workspaces: vec!["dev/*".to_owned()], ..service },
            "expired" => TokenDraft { expires_at: Some(Time(1)), ..service },
            "revoked" => service,
            user => {
                let _ = self.user_make(user).await;
                let id = self.access.user(user).unwrap().id;
                let made = self.access.login_token(Holder::User(id), "test").await;
                return Some(made.unwrap().1);
            }
        };
        let (token, text) = self.access.token_create(&root, draft).await.unwrap();
        if who == "revoked" {
            self.access.token_revoke(token.id).await.unwrap();
        }
        Some(text)
    }

    async fn user_make(&self, role: &str) -> Result<(), kernel_auth::AccessError> {
        let role_of = (role != "none").then(|| role.to_owned());
        let draft = UserDraft { role: role_of, ..UserDraft::default() };
        self.access.user_add(role, draft, None).await.map(drop)
    }

    async fn try_as(&self, method: &str, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        let headers: &[(&str, &str)] =
            if bearer.is_empty() { &[] } else { &[("authorization", &bearer)] };
        let body = (method != "GET").then(|| json!({}));
        // What follows a run to its end answers by its head.
        let response = self.begin(request(method, path, headers, body)).await;
        let (parts, body) = response.into_parts();
        let challenge = parts.headers.contains_key("www-authenticate");
        assert_eq!(parts.status == 401, challenge && parts.status == 401, "{method} {path}");
        let is_refused = matches!(parts.status.as_u16(), 401 | 403);
        let json = match is_refused {
            true => {
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                serde_json::from_slice(&bytes).unwrap()
            }
            false => Value::Null,
        };
        (parts.status, json)
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let world = World::with(Settings::default()).await;
    let admin = world.token_of("admin").await.unwrap();
    let bearer = format!("Bearer {admin}");
    let admin = [("authorization", bearer.as_str())];
    let source = crate::api::set(&json!([{ "name": "a" }]));
    world.put("/api/v1/pipelines/ci", &admin, source.clone()).await;
    let start = request("POST", "/api/v1/pipelines/ci/runs", &admin, Some(json!({})));
    let run = world.send(start).await.ok(201)["id"].as_str().unwrap().to_owned();
    let mut table = format!("{:<62}", "");
    for who in WHO {
        write!(table, " {who:>10}").unwrap();
    }
    table.push('\n');
    let mut all = operations(&world).await;
    all.sort();
    for (path, method) in all {
        let name = format!("{method} {path}");
        let full = path
            .replace("{name}", "ci")
            .replace("{project}", "nothing")
            .replace("{run}", &run)
            .replace("{workspace}", "default")
            .replace("{version}", "1")
            .replace("{step}", "1")
            .replace("{artifact}", "nothing")
            .replace("{role}", "nothing")
            .replace("{user}", "nothing")
            .replace("{visitor}", "nothing/42")
            .replace("{identity}", "nothing")
            .replace("{token}", "tok_00000000000000000000000000")
            .replace("{plugin}", "nothing");
        write!(table, "{name:<62}").unwrap();
        for who in WHO {
            let token = world.token_of(who).await;
            // A pipeline that an earlier one removed is there again.
            world.put("/api/v1/pipelines/ci", &admin, source.clone()).await;
            let (status, problem) = world.try_as(&method, &full, token.as_deref()).await;
            let word = match (status.as_u16(), problem["code"].as_str().unwrap_or_default()) {
                (401, "unauthenticated") => "who?",
                (401 | 403, code) if code != "forbidden" => "in",
                (403, _) => "-",
                _ => "in",
            };
            write!(table, " {word:>10}").unwrap();
        }
        table.push('\n');
    }
    expect_file!["permissions.txt"].assert_eq(&table);
}

#[tokio::test]
async fn a_refusal_says_what_is_missing_where() {
    let world = World::with(Settings::default()).await;
    let viewer = world.token_of("viewer").await.unwrap();
    let path = "/api/v1/pipelines/ci/runs";
    let (status, problem) = world.try_as("POST", path, Some(&viewer)).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let detail = problem["detail"].as_str().unwrap();
    assert_eq!(detail, "user/viewer may not run on project/default/pipeline/ci");
    let answer = world.get("/api/v1/runs").await;
    answer.refused(401, "unauthenticated");
    assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"tenon\", resource_"));
}

#[tokio::test]
async fn lists_leave_out_what_may_not_be_seen() {
    let world = World::with(Settings::default()).await;
    let admin = world.token_of("admin").await.unwrap();
    let viewer = world.token_of("viewer").await.unwrap();
    let as_admin = format!("Bearer {admin}");
    let as_admin = [("authorization", as_admin.as_str())];
    for name in ["a", "b", "c"] {
        let source = crate::api::set(&json!([{ "name": "a" }]));
        world.put(&format!("/api/v1/pipelines/{name}"), &as_admin, source).await.ok(201);
        let path = format!("/api/v1/pipelines/{name}/runs");
        world.send(request("POST", &path, &as_admin, Some(json!({})))).await.ok(201);
    }
    let rule = json!({ "expression": "name == \"somebody-else\"" });
    world.put("/api/v1/pipelines/b/rules/viewer", &as_admin, rule).await.ok(200);
    let names = async |token: &str, path: &str, field: &str| {
        let bearer = format!("Bearer {token}");
        let found = request("GET", path, &[("authorization", &bearer)], None);
        let found = world.send(found).await.ok(200);
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&viewer, "/api/v1/pipelines", "name").await, ["a", "c"]);
    assert_eq!(names(&admin, "/api/v1/pipelines", "name").await, ["a", "b", "c"]);
    assert_eq!(names(&viewer, "/api/v1/runs?limit=2", "pipeline").await, ["c", "a"]);
    let verb = Verb::View;
    let (status, problem) = world.try_as("GET", "/api/v1/pipelines/b", Some(&viewer)).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("forbidden")), "{verb}");
}
