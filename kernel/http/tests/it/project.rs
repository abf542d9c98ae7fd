//! Which project a request is about, and who may see and make which.

use kernel_auth::{Settings, TokenDraft, UserDraft};
use kernel_http::Addressing;
use kernel_model::access::Verbs;
use kernel_model::name::ProjectName;
use kernel_ports::access::Holder;
use serde_json::{Value, json};

use crate::api::{Answer, World, request, set};

const WEB: (&str, &str) = ("x-tenon-project", "web");

fn names(list: &Value) -> Vec<&str> {
    let items = list.as_array().or_else(|| list["items"].as_array()).unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}

impl World {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let body = (method != "GET").then(|| json!({}));
        self.send(request(method, path, headers, body)).await
    }

    /// Returns the header of a token for some projects, held by nobody in particular.
    async fn bearer(&self, projects: &[&str], verbs: Verbs) -> String {
        let root = self.access.token_bootstrap().await.unwrap().1;
        let root = kernel_auth::Credential::Bearer(&root);
        let root = self.access.authenticate(&root, "").unwrap();
        let draft = TokenDraft {
            name: "some".to_owned(),
            holder: Holder::Service,
            verbs,
            projects: projects.iter().map(|name| (*name).to_owned()).collect(),
            workspaces: vec!["*".to_owned()],
            expires_at: None,
        };
        format!("Bearer {}", self.access.token_create(&root, draft).await.unwrap().1)
    }
}

#[tokio::test]
async fn what_one_project_has_another_has_not() {
    let world = World::new().await;
    let source = set(&json!([{ "name": "a" }]));
    world.put("/api/v1/pipelines/ci", &[WEB], source.clone()).await.ok(201);
    assert_eq!(names(&world.ask("GET", "/api/v1/pipelines", &[WEB]).await.ok(200)), ["ci"]);
    assert!(names(&world.get("/api/v1/pipelines").await.ok(200)).is_empty());
    world.get("/api/v1/pipelines/ci").await.refused(404, "pipeline-unknown");
    // Another one of the same name, and runs of both.
    world.put("/api/v1/pipelines/ci", &[], source).await.ok(201);
    let run = world.ask("POST", "/api/v1/pipelines/ci/runs", &[WEB]).await.ok(201);
    let run = run["id"].as_str().unwrap().to_owned();
    world.ask("POST", "/api/v1/pipelines/ci/runs", &[]).await.ok(201);
    for (path, in_web) in [
        (format!("/api/v1/runs/{run}"), 200),
        (format!("/api/v1/runs/{run}/tree"), 200),
        (format!("/api/v1/runs/{run}/events?follow=false"), 200),
        (format!("/api/v1/runs/{run}/logs?follow=false"), 200),
    ] {
        let sign = if path.contains('?') { '&' } else { '?' };
        let there = world.get(&format!("{path}{sign}project=web")).await;
        assert_eq!(there.status, in_web, "{path}");
        world.get(&path).await.refused(404, "run-unknown");
    }
    let runs = world.ask("GET", "/api/v1/runs", &[WEB]).await.ok(200);
    assert_eq!(runs["items"].as_array().unwrap().len(), 1);
    assert_eq!(runs["items"][0]["id"], run.as_str());
    world.ask("POST", &format!("/api/v1/runs/{run}/cancel"), &[]).await.refused(404, "run-unknown");
    world.ask("DELETE", "/api/v1/pipelines/ci", &[]).await;
    world.ask("GET", "/api/v1/pipelines/ci", &[WEB]).await.ok(200);
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_wherever_it_stands() {
    let world = World::new().await;
    let bad = "../../x";
    let list = "/api/v1/pipelines";
    for header in ["x-tenon-project", "x-project"] {
        world.ask("GET", list, &[(header, bad)]).await.refused(400, "project-invalid");
    }
    for path in [
        "/api/v1/pipelines?project=..%2F..%2Fx",
        "/api/v1/plugins?project=..%2F..%2Fx",
        "/api/v1/projects/..%2F..%2Fx",
        "/api/v1/projects/Web",
    ] {
        world.get(path).await.refused(400, "project-invalid");
    }
    let remove = world.ask("DELETE", "/api/v1/projects/..%2F..%2Fx", &[]).await;
    remove.refused(400, "project-invalid");
    let made = world.post("/api/v1/projects", json!({ "name": bad })).await;
    made.refused(400, "project-invalid");
    let secrets = world.get("/api/v1/secrets?scope=project/..").await;
    secrets.refused(400, "invalid-query");
}

#[tokio::test]
async fn projects_come_and_go() {
    let world = World::new().await;
    assert_eq!(names(&world.get("/api/v1/projects").await.ok(200)), ["default", "web"]);
    world
        .ask("GET", "/api/v1/pipelines", &[("x-project", "api")])
        .await
        .refused(404, "project-unknown");
    assert_eq!(names(&world.get("/api/v1/projects").await.ok(200)), ["default", "web"]);
    let made = world.post("/api/v1/projects", json!({ "name": "api" })).await;
    assert_eq!(made.header("location"), "/api/v1/projects/api");
    assert_eq!(made.ok(201)["runsOpen"], 0);
    world.post("/api/v1/projects", json!({ "name": "api" })).await.refused(409, "project-exists");
    let api = [("x-project", "api")];
    world
        .put("/api/v1/pipelines/ci", &api, set(&json!([{ "name": "a", "wait": true }])))
        .await
        .ok(201);
    world.ask("POST", "/api/v1/pipelines/ci/runs", &api).await.ok(201);
    assert_eq!(world.get("/api/v1/projects/api").await.ok(200)["runsOpen"], 1);
    let busy = world.ask("DELETE", "/api/v1/projects/api", &[]).await.refused(409, "project-busy");
    assert_eq!(busy["hint"], "wait for them, or remove it with `force`, which cancels them");
    let gone = world.ask("DELETE", "/api/v1/projects/api?force=true", &[]).await;
    assert_eq!(gone.status, 204);
    world.get("/api/v1/projects/api").await.refused(404, "project-unknown");
}

#[tokio::test]
async fn a_token_for_some_projects_sees_no_other() {
    let world = World::with(Settings::default()).await;
    let all = world.bearer(&["*"], Verbs::all()).await;
    let all = ("authorization", all.as_str());
    for name in ["web-one", "api"] {
        let made = request("POST", "/api/v1/projects", &[all], Some(json!({ "name": name })));
        world.send(made).await.ok(201);
        let source = set(&json!([{ "name": "a" }]));
        world.put("/api/v1/pipelines/ci", &[all, ("x-project", name)], source).await.ok(201);
    }
    let some = world.bearer(&["web-*"], Verbs::all()).await;
    let some = ("authorization", some.as_str());
    assert_eq!(names(&world.ask("GET", "/api/v1/projects", &[some]).await.ok(200)), ["web-one"]);
    let list = "/api/v1/pipelines";
    let seen = world.ask("GET", list, &[some, ("x-project", "web-one")]).await.ok(200);
    assert_eq!(names(&seen), ["ci"]);
    // What may not be seen looks like what is not there.
    for (method, path) in [
        ("GET", list),
        ("GET", "/api/v1/runs"),
        ("GET", "/api/v1/pipelines/ci"),
        ("POST", "/api/v1/pipelines/ci/runs"),
    ] {
        let refused = async |project: &'static str| {
            let answer = world.ask(method, path, &[some, ("x-project", project)]).await;
            let problem = answer.refused(403, "forbidden");
            problem["detail"].as_str().unwrap().replace(project, "NAME")
        };
        assert_eq!(refused("api").await, refused("nope").await, "{method} {path}");
    }
    world.ask("GET", "/api/v1/projects/api", &[some]).await.refused(403, "forbidden");
    world.ask("POST", "/api/v1/projects", &[some]).await.refused(403, "forbidden");
    // One that matches the pattern, and is not there, may be known not to be there.
    world.ask("GET", list, &[some, ("x-project", "web-two")]).await.refused(404, "project-unknown");
    world.ask("DELETE", "/api/v1/projects/web-one", &[some]).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_pipeline_rule_lets_look_into_its_project_alone() {
    let world = World::with(Settings::default()).await;
    let all = world.bearer(&["*"], Verbs::all()).await;
    let all = ("authorization", all.as_str());
    world.put("/api/v1/pipelines/ci", &[all, WEB], set(&json!([{ "name": "a" }]))).await.ok(201);
    world.put("/api/v1/pipelines/other", &[all, WEB], set(&json!([{ "name": "a" }]))).await.ok(201);
    let user = world.access.user_add("ann", UserDraft::default(), None).await.unwrap();
    let rule = json!({ "expression": "name == \"ann\"" });
    world.put("/api/v1/pipelines/ci/rules/viewer", &[all, WEB], rule).await.ok(200);
    let ann = world.access.login_token(Holder::User(user.id), "test").await.unwrap().1;
    let ann = format!("Bearer {ann}");
    let ann = ("authorization", ann.as_str());
    assert_eq!(names(&world.ask("GET", "/api/v1/projects", &[ann]).await.ok(200)), ["web"]);
    let seen = world.ask("GET", "/api/v1/pipelines", &[ann, WEB]).await.ok(200);
    assert_eq!(names(&seen), ["ci"]);
    world.ask("GET", "/api/v1/pipelines", &[ann]).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_server_of_one_project_takes_no_other() {
    let only = Some(ProjectName::new("web").unwrap());
    let open = || Settings { is_open: true, ..Settings::default() };
    let world = World::addressed(open(), Addressing { only, base: None }).await;
    world.put("/api/v1/pipelines/ci", &[], set(&json!([{ "name": "a" }]))).await.ok(201);
    assert_eq!(names(&world.ask("GET", "/api/v1/pipelines", &[WEB]).await.ok(200)), ["ci"]);
    for (path, headers) in [
        ("/api/v1/pipelines", &[("x-tenon-project", "default")][..]),
        ("/api/v1/pipelines?project=default", &[]),
        ("/api/v1/plugins", &[("x-project", "default")]),
        ("/api/v1/secrets?scope=project/default", &[]),
    ] {
        world.ask("GET", path, headers).await.refused(403, "project-mismatch");
    }
}

#[tokio::test]
async fn the_host_names_the_project_where_the_operator_wants_that() {
    let base = Some("localhost".to_owned());
    let open = || Settings { is_open: true, ..Settings::default() };
    let world = World::addressed(open(), Addressing { only: None, base }).await;
    // The base is loopback, so all of its names are let in by the check of hosts.
    let at = async |host: &str, path: &str| {
        let mut request = request("GET", path, &[], None);
        request.headers_mut().insert("host", host.parse().unwrap());
        world.send(request).await
    };
    at("localhost:7070", "/api/v1/pipelines").await.refused(400, "project-required");
    at("localhost:7070", "/api/v1/projects").await.ok(200);
    at("localhost:7070", "/api/v1/plugins").await.ok(200);
    at("localhost:7070", "/health").await.ok(200);
    at("localhost:7070", "/api/v1/pipelines?project=web").await.ok(200);
}
