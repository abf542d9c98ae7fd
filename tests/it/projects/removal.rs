//! Removing projects, also when the server dies in between.

use std::path::Path;

use kernel_model::name::ProjectName;
use kernel_ports::project::ProjectStore as _;
use kernel_store_sqlite::ControlStore;
use serde_json::{Value, json};

use super::{InProject, tenon_at, waits};
use crate::server_process::Server;

fn folders(data: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(data.join("projects")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_project_with_runs_in_progress_is_removed_by_force_only() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let web = InProject::new(&server, "web");
    web.pipeline("ci", &waits("web", &data.path().join("never"))).await;
    let run = web.start("ci").await.id;
    web.until(&run, "running").await;
    let (status, problem) = web.call("DELETE", "/projects/web", Value::Null).await;
    assert_eq!((status, &problem["code"]), (409, &json!("project-busy")));
    web.until(&run, "running").await;
    let asked = tenon_at(&server, &["project", "remove", "web", "--force"]);
    assert!(asked.stderr.contains("say --yes if it is meant"), "{asked:#?}");
    let refused = tenon_at(&server, &["project", "remove", "default", "--yes"]);
    assert!(refused.stderr.contains("every server has the project default"), "{refused:#?}");
    tenon_at(&server, &["project", "remove", "web", "--force", "--yes"]).ends(0);
    assert_eq!(folders(data.path()), ["default"]);
    let (status, _) = web.call("GET", "/pipelines/ci", Value::Null).await;
    assert_eq!(status, 404);
    // Another one of the name has nothing of it.
    tenon_at(&server, &["project", "create", "web"]).ends(0);
    let (_, list) = web.call("GET", "/pipelines", Value::Null).await;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_removal_that_a_crash_cut_short_is_ended_by_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let control = || ControlStore::open(&data.path().join("control.db")).unwrap();
    let web = ProjectName::new("web").unwrap();
    // Wherever it stopped: said and nothing done, or moved away and not forgotten.
    for is_moved in [false, true] {
        let server = Server::start(data.path()).await;
        tenon_at(&server, &["project", "create", "web"]).ends(0);
        let set = ["--project", "web", "secret", "set", "TOKEN", "--value", "swordfish"];
        tenon_at(&server, &set).ends(0);
        server.kill();
        control().project_leave(&web).await.unwrap();
        let projects = data.path().join("projects");
        if is_moved {
            std::fs::rename(projects.join("web"), projects.join(".gone-web-1")).unwrap();
        }
        let server = Server::start(data.path()).await;
        assert_eq!(folders(data.path()), ["default"], "{is_moved}");
        let listed = server.get("/projects").await.unwrap();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
        tenon_at(&server, &["project", "create", "web"]).ends(0);
        if !is_moved {
            let secrets = tenon_at(&server, &["--project", "web", "secret", "list"]).ends(0);
            assert!(secrets.stdout.contains("has no secrets"), "{secrets:#?}");
        }
        tenon_at(&server, &["project", "remove", "web", "--yes"]).ends(0);
        assert_eq!(server.terminate(), Some(0));
    }
}

#[tokio::test]
async fn a_server_that_dies_while_it_removes_a_project_leaves_no_half() {
    let data = tempfile::tempdir().unwrap();
    for round in 0_u64..4 {
        let server = Server::start(data.path()).await;
        tenon_at(&server, &["project", "create", "web"]).ends(0);
        let web = InProject::new(&server, "web");
        let source = "jobs: [{name: a, plan: [{task: t, config: {run: {path: 'true'}}}]}]";
        web.pipeline("ci", source).await;
        let url = format!("{}/api/v1/projects/web", server.url);
        let remove = tokio::spawn(async move { reqwest::Client::new().delete(url).send().await });
        // At another moment each time.
        tokio::time::sleep(std::time::Duration::from_millis(round * 4)).await;
        server.kill();
        let answered = remove.await.unwrap().is_ok_and(|answer| answer.status() == 204);
        let server = Server::start(data.path()).await;
        let web = InProject::new(&server, "web");
        let (status, _) = web.call("GET", "/pipelines/ci", Value::Null).await;
        let is_there = folders(data.path()) == ["default", "web"];
        // All of it is there, or nothing is.
        assert_eq!(status == 200, is_there, "{round}: {status} {:?}", folders(data.path()));
        assert!(!answered || !is_there, "{round}: it was said to be gone");
        if is_there {
            tenon_at(&server, &["project", "remove", "web", "--yes"]).ends(0);
        }
        assert_eq!(folders(data.path()), ["default"], "{round}");
        assert_eq!(server.terminate(), Some(0));
    }
}
