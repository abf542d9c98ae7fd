//! Projects of a real server: what is apart, how they come and go, and what names them.

mod hosts;
mod removal;

use std::path::Path;

use kernel_wire::run::Run;
use serde_json::{Value, json};

use crate::server_process::{PATIENCE, Server};
use crate::tenon::{Said, said};

/// Says its environment and waits for a file, so that it is in progress for as long as a test wants.
const WAITS: &str = "
jobs:
  - name: only
    plan:
      - task: wait
        config:
          run:
            path: sh
            args: [-c, 'echo here is MARK; while [ ! -e FILE ]; do sleep 0.05; done']
";

/// A client for one project of a server.
pub(crate) struct InProject<'a> {
    pub(crate) server: &'a Server,
    name: &'a str,
    client: reqwest::Client,
}

impl<'a> InProject<'a> {
    pub(crate) fn new(server: &'a Server, name: &'a str) -> Self {
        Self { server, name, client: reqwest::Client::new() }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}/api/v1{path}", self.server.url));
        let request = request.header("x-tenon-project", self.name);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn pipeline(&self, name: &str, source: &str) {
        let body = json!({ "source": source, "fileName": "ci.yml" });
        let (status, answer) = self.call("PUT", &format!("/pipelines/{name}"), body).await;
        assert!(matches!(status, 200 | 201), "{status}: {answer}");
    }

    pub(crate) async fn start(&self, pipeline: &str) -> Run {
        let (status, run) =
            self.call("POST", &format!("/pipelines/{pipeline}/runs"), json!({})).await;
        assert_eq!(status, 201, "{run}");
        serde_json::from_value(run).unwrap()
    }

    /// Waits until a run stands so.
    pub(crate) async fn until(&self, run: &str, status: &str) {
        let since = std::time::Instant::now();
        loop {
            let (_, found) = self.get(&format!("/runs/{run}")).await;
            if found["status"] == status {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "it never is {status}: {found}");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn log(&self, run: &str) -> String {
        match self.get(&format!("/runs/{run}/logs?follow=false")).await.1 {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

pub(crate) fn waits(mark: &str, file: &Path) -> String {
    WAITS.replace("MARK", mark).replace("FILE", &file.display().to_string())
}

fn tenon_at(server: &Server, args: &[&str]) -> Said {
    said(&[&["--server", &server.url], args].concat())
}

#[tokio::test]
async fn two_projects_run_the_same_pipeline_apart_and_through_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let go = data.path().join("go");
    let server = Server::start(data.path()).await;
    let made = tenon_at(&server, &["project", "create", "web"]).ends(0);
    assert_eq!(made.stdout, "web is there; work in it with --project web\n");
    tenon_at(&server, &["project", "create", "web"]).ends(11);
    let mut runs = Vec::new();
    for name in ["default", "web"] {
        let project = InProject::new(&server, name);
        project.pipeline("ci", &waits(&format!("the {name}"), &go)).await;
        let run = project.start("ci").await.id;
        project.until(&run, "running").await;
        runs.push((name, run));
    }
    // Each sees its own, in lists, by id, and in streams.
    for (name, run) in &runs {
        let (_, list) = InProject::new(&server, name).get("/runs").await;
        let ids: Vec<&str> =
            list["items"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [run.as_str()], "{name}");
        let other = if *name == "web" { "default" } else { "web" };
        let other = InProject::new(&server, other);
        for path in ["", "/tree", "/events", "/logs"] {
            let (status, problem) = other.get(&format!("/runs/{run}{path}")).await;
            assert_eq!((status, &problem["code"]), (404, &json!("run-unknown")), "{path}");
        }
    }
    let listed = tenon_at(&server, &["project", "list"]).ends(0);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert!(lines[1].starts_with("default  1"), "{listed:#?}");
    assert!(lines[2].starts_with("web      1"), "{listed:#?}");
    let listed = tenon_at(&server, &["--project", "web", "pipeline", "list"]).ends(0);
    assert!(listed.stdout.contains("ci"), "{listed:#?}");
    // A crash: both go on.
    server.kill();
    std::fs::write(&go, "").unwrap();
    let server = Server::start(data.path()).await;
    for (name, run) in &runs {
        let project = InProject::new(&server, name);
        project.until(run, "succeeded").await;
        let log = project.log(run).await;
        assert!(log.contains(&format!("here is the {name}")), "{log}");
        // Each has a database and logs of its own.
        let folder = data.path().join("projects").join(name);
        assert!(folder.join("project.db").is_file(), "{name}");
        let kept: Vec<_> = std::fs::read_dir(folder.join("runs"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(kept, [run.as_str()], "{name}");
    }
}

#[tokio::test]
async fn nothing_is_made_by_asking_and_no_name_leads_elsewhere() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let unknown = tenon_at(&server, &["--project", "nope", "pipeline", "list"]);
    assert!(unknown.stderr.contains("there is no project \"nope\""), "{unknown:#?}");
    for name in ["../../x", "X", "a/b", ".."] {
        let refused = tenon_at(&server, &["--project", name, "pipeline", "list"]).ends(11);
        assert!(refused.stderr.contains("cannot be a name of a project"), "{refused:#?}");
        let refused = tenon_at(&server, &["project", "create", name]).ends(11);
        assert!(refused.stderr.contains("cannot be a name of a project"), "{refused:#?}");
    }
    let mut there: Vec<_> = std::fs::read_dir(data.path().join("projects"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    there.sort();
    assert_eq!(there, ["default"]);
    assert!(!data.path().parent().unwrap().join("x").exists());
    let refused = said(&["server", "--project", "../../x", "--data", "nowhere"]).ends(2);
    assert!(refused.stderr.contains("../../x"), "{refused:#?}");
}

#[tokio::test]
async fn a_secret_is_for_its_project_or_for_all_of_them() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let set = |args: &[&str]| {
        let args = [&["secret", "set"], args].concat();
        tenon_at(&server, &args).ends(0).stdout
    };
    let done = set(&["--project", "web", "TOKEN", "--value", "swordfish"]);
    assert_eq!(done, "TOKEN is set for project/web\n");
    let done = set(&["ALL", "--scope", "server", "--value", "of-everybody"]);
    assert_eq!(done, "ALL is set for server\n");
    let source = "
jobs:
  - name: only
    plan:
      - task: say
        config:
          params: {TOKEN: ((secret:TOKEN)), ALL: ((secret:ALL))}
          run: {path: sh, args: [-c, 'echo \"$TOKEN\" | wc -c; echo \"$ALL\" | wc -c']}
";
    let run = async |name: &str, end: &str| {
        let project = InProject::new(&server, name);
        project.pipeline("ci", source).await;
        let run = project.start("ci").await.id;
        project.until(&run, end).await;
        project.log(&run).await
    };
    let log = run("web", "succeeded").await;
    assert!(log.contains("10") && log.contains("13"), "{log}");
    run("default", "errored").await;
    let listed = tenon_at(&server, &["secret", "list"]).ends(0);
    assert!(listed.stdout.contains("project/default has no secrets"), "{listed:#?}");
    // All of them are sealed again, and removed with their project.
    let rotated = tenon_at(&server, &["secret", "rotate-key"]).ends(0);
    assert!(rotated.stdout.contains("2 secrets sealed again"), "{rotated:#?}");
    tenon_at(&server, &["project", "remove", "web", "--yes"]).ends(0);
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let listed = tenon_at(&server, &["--project", "web", "secret", "list"]).ends(0);
    assert!(listed.stdout.contains("project/web has no secrets"), "{listed:#?}");
}

#[tokio::test]
async fn a_project_has_default_bindings_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let path = "/usr/local/sbin:/usr/bin:/bin:/of-the-";
    let bind = |name: &str, args: &[&str]| {
        let config = data.path().join(name);
        std::fs::write(&config, json!({ "path": format!("{path}{name}") }).to_string()).unwrap();
        let config = config.display().to_string();
        let bind = ["plugin", "bind", name, "--plugin", "launcher-process", "--config", &config];
        tenon_at(&server, &[&bind, args].concat())
    };
    let source = "
jobs:
  - name: only
    plan:
      - task: say
        config: {run: {path: sh, args: [-c, 'echo PATH=$PATH']}}
";
    let run = async |name: &str| {
        let project = InProject::new(&server, name);
        project.pipeline("ci", source).await;
        let run = project.start("ci").await.id;
        project.until(&run, "succeeded").await;
        project.log(&run).await
    };
    bind("web", &["--default", "launcher", "--project", "web"]).ends(0);
    assert!(run("web").await.contains("/of-the-web"));
    assert!(!run("default").await.contains("/of-the-"));
    bind("server", &["--default", "launcher"]).ends(0);
    assert!(run("web").await.contains("/of-the-web"), "that of the project counts first");
    assert!(run("default").await.contains("/of-the-server"));
    let refused = bind("more", &["--default", "launcher", "--project", "nope"]);
    assert!(refused.stderr.contains("there is no project \"nope\""), "{refused:#?}");
}
