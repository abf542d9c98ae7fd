//! What names the project: the operator's word, the host, or the request.

use serde_json::{Value, json};

use super::{InProject, tenon_at};
use crate::server_process::Server;

/// Sends a request to a server under another name.
async fn at(server: &Server, host: &str, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url));
    let answer = request.header("host", host).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn the_first_label_of_the_host_names_the_project() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_with(data.path(), &["--public-host", "%.example.com:8080"]).await;
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let source = "jobs: [{name: a, plan: [{task: t, config: {run: {path: 'true'}}}]}]";
    InProject::new(&server, "web").pipeline("ci", source).await;
    for (host, want) in [
        ("web.example.com", json!(["ci"])),
        ("WEB.example.com:8080", json!(["ci"])),
        ("default.example.com", json!([])),
    ] {
        let (status, list) = at(&server, host, "/api/v1/pipelines").await;
        let names: Vec<&Value> =
            list["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
        assert_eq!((status, json!(names)), (200, want), "{host}");
    }
    for (host, path, want) in [
        ("example.com", "/api/v1/pipelines", (400, "project-required")),
        ("127.0.0.1", "/api/v1/pipelines", (400, "project-required")),
        ("nope.example.com", "/api/v1/pipelines", (404, "project-unknown")),
        ("x_y.example.com", "/api/v1/pipelines", (400, "project-invalid")),
        ("web.example.com", "/api/v1/pipelines?project=default", (403, "project-mismatch")),
        ("web.example.org", "/api/v1/pipelines", (421, "host-refused")),
        ("a.web.example.com", "/api/v1/pipelines", (421, "host-refused")),
    ] {
        let (status, problem) = at(&server, host, path).await;
        assert_eq!((status, problem["code"].as_str().unwrap()), want, "{host} {path}");
    }
    // The server's own things work under its own name.
    for path in ["/health", "/api/v1/projects", "/api/v1/plugins"] {
        assert_eq!(at(&server, "example.com", path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn a_server_may_serve_one_project_alone() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--project", "web"];
    let server = Server::start_with(data.path(), &flags).await;
    let source = "jobs: [{name: a, plan: [{task: t, config: {run: {path: 'true'}}}]}]";
    server.pipeline_set("ci", source).await;
    assert!(data.path().join("projects/web/project.db").is_file());
    let run = server.run_start("ci", json!({})).await.unwrap();
    server.ended(&run.id).await;
    let (status, problem) = InProject::new(&server, "default").get("/runs").await;
    assert_eq!((status, &problem["code"]), (403, &json!("project-mismatch")));
    let projects = server.get("/projects").await.unwrap();
    assert_eq!(projects.as_array().unwrap().len(), 1, "{projects}");
    let refused = tenon_at(&server, &["project", "create", "api"]);
    assert!(refused.stderr.contains("serves the project web alone"), "{refused:#?}");
    let refused = tenon_at(&server, &["project", "remove", "web", "--yes"]);
    assert!(refused.stderr.contains("serves the project web alone"), "{refused:#?}");
    assert_eq!(server.terminate(), Some(0));
    // Without the setting, it is one of several.
    let server = Server::start(data.path()).await;
    assert_eq!(InProject::new(&server, "web").get("/pipelines/ci").await.0, 200);
    assert!(server.get("/pipelines/ci").await.unwrap()["code"] == "pipeline-unknown");
}
