//! Workspaces of a real server, by its commands: what is inherited, who may what, and what becomes
//! of runs.

use std::path::Path;

use kernel_wire::status::RunStatus;
use serde_json::json;

use crate::access::{PASSWORD, Person, prepare};
use crate::server_process::Server;
use crate::tenon::{Said, tenon};

/// A pipeline that says whether its cache was there, and who wrote it, and writes it anew.
const CACHE: &str = "
jobs:
  - name: build
    plan:
      - task: fill
        config:
          platform: linux
          caches: [{path: kept}]
          run:
            path: sh
            args: [-c, 'cat kept/by 2>/dev/null || echo missed; echo ((me)) > kept/by']
";

/// A pipeline that waits until a file is there.
fn wait_for(gate: &Path) -> String {
    format!(
        "
jobs:
  - name: wait
    plan:
      - task: gate
        config:
          platform: linux
          run: {{path: sh, args: [-c, 'until [ -e {} ]; do sleep 0.02; done']}}
",
        gate.display()
    )
}

/// Calls a command of a server that asks nobody who they are.
fn said(server: &Server, args: &[&str]) -> Said {
    tenon(args).env("TENON_SERVER", &server.url).output().unwrap().into()
}

/// Runs the pipeline `cache` in a workspace, and returns what it found.
fn found(server: &Server, workspace: &str) -> String {
    let me = format!("me={workspace}");
    let args = ["pipeline", "run", "cache", "--workspace", workspace, "--arg", &me];
    let said = said(server, &[&args[..], &["--output", "json"]].concat()).ends(0);
    let documents = said.json();
    let mut logs = documents.iter().filter_map(|document| document["log"]["text"].as_str());
    logs.next().unwrap_or_else(|| panic!("{said:#?}")).trim().to_owned()
}

/// Returns whether there is a folder of that name, at any depth.
fn is_there(folder: &Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = entries.filter(|path| path.is_dir() && !path.is_symlink());
    folders.any(|path| path.file_name().unwrap() == name || is_there(&path, name))
}

#[tokio::test]
async fn caches_flow_down_and_all_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    server.pipeline_set("cache", CACHE).await;
    said(&server, &["workspace", "create", "live"]).ends(0);
    let made = said(&server, &["workspace", "create", "dev/joe", "--base", "live"]).ends(0);
    assert_eq!(made.stdout, "dev/joe was made; it inherits from live\n");
    assert_eq!(found(&server, "dev/joe"), "missed");
    // The child's cache is no cache of its base.
    assert_eq!(found(&server, "live"), "missed");
    assert_eq!(found(&server, "dev/joe"), "dev/joe");
    said(&server, &["workspace", "create", "dev/ann", "--base", "live"]).ends(0);
    assert_eq!(found(&server, "dev/ann"), "live");
    // And the base's is still there, as it was.
    assert_eq!(found(&server, "live"), "live");
    assert_eq!(found(&server, "default"), "missed");
    let before = said(&server, &["workspace", "list"]).ends(0).stdout;
    let names: Vec<&str> =
        before.lines().skip(1).filter_map(|line| line.split("  ").next()).collect();
    assert_eq!(names, ["default", "live", "├─ dev/ann", "└─ dev/joe"]);
    let runs = said(&server, &["runs", "list", "--workspace", "live"]).ends(0).stdout;
    assert_eq!(runs.lines().count(), 3, "{runs}");
    assert_eq!(server.terminate(), Some(0));

    let server = Server::start(data.path()).await;
    assert_eq!(said(&server, &["workspace", "list"]).ends(0).stdout, before);
    assert_eq!(found(&server, "dev/ann"), "dev/ann");
    // What is archived is gone for good; another one of the name begins with what it inherits.
    let ann = server.get("/workspaces/dev/ann").await.unwrap();
    let id = ann["id"].as_str().unwrap();
    assert!(is_there(data.path(), id));
    said(&server, &["workspace", "archive", "dev/ann"]).ends(0);
    assert!(!is_there(data.path(), id));
    said(&server, &["workspace", "create", "dev/ann", "--base", "live"]).ends(0);
    assert_eq!(found(&server, "dev/ann"), "live");
    said(&server, &["workspace", "set", "dev/joe", "--no-base"]).ends(0);
    let refused = said(&server, &["workspace", "archive", "live"]);
    assert!(refused.stderr.contains("\"live\" is the base of dev/ann"), "{refused:#?}");
}

#[tokio::test]
async fn runs_of_a_paused_workspace_wait_and_those_of_an_archived_one_are_cancelled() {
    let data = tempfile::tempdir().unwrap();
    let gate = data.path().join("gate");
    let server = Server::start(data.path()).await;
    server.pipeline_set("wait", &wait_for(&gate)).await;
    said(&server, &["workspace", "create", "dev"]).ends(0);
    let start = |place: &str| {
        let said = said(&server, &["pipeline", "trigger", "wait", "--workspace", place]).ends(0);
        said.stdout.trim().to_owned()
    };
    let running = start("dev");
    while server.tree(&running).await.unwrap().run.status != RunStatus::Running {}
    said(&server, &["workspace", "pause", "dev"]).ends(0);
    let held = start("dev");
    let shown = said(&server, &["runs", "show", &held]).ends(0);
    assert!(shown.stdout.contains("wait #2 in dev"), "{shown:#?}");
    let tree = server.tree(&held).await.unwrap();
    let why = tree.waiting.unwrap().text;
    assert_eq!(why, "the workspace \"dev\" is paused; it goes on when that is resumed");
    // What was in progress goes on.
    std::fs::write(&gate, "").unwrap();
    assert_eq!(server.ended(&running).await.run.status, RunStatus::Succeeded);
    assert_eq!(server.tree(&held).await.unwrap().run.status, RunStatus::Queued);
    server.kill();

    let server = Server::start(data.path()).await;
    assert_eq!(server.tree(&held).await.unwrap().run.status, RunStatus::Queued);
    said(&server, &["workspace", "resume", "dev"]).ends(0);
    assert_eq!(server.ended(&held).await.run.status, RunStatus::Succeeded);

    std::fs::remove_file(&gate).unwrap();
    let last = said(&server, &["pipeline", "trigger", "wait", "-w", "dev"]).ends(0);
    let last = last.stdout.trim();
    while server.tree(last).await.unwrap().run.status != RunStatus::Running {}
    said(&server, &["workspace", "archive", "dev"]).ends(0);
    let tree = server.ended(last).await;
    assert_eq!(tree.run.status, RunStatus::Cancelled);
    let refused = said(&server, &["pipeline", "trigger", "wait", "--workspace", "dev"]);
    assert!(refused.stderr.contains("there is no workspace \"dev\""), "{refused:#?}");
    said(&server, &["runs", "show", last]).ends(0);
}

#[tokio::test]
async fn a_token_for_some_workspaces_works_there_only() {
    let (data, homes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    prepare(data.path()).await;
    let server = Server::start_closed(data.path(), &[]).await;
    let root = Person { home: homes.path(), server: &server.url };
    root.told(&["login", "root"], PASSWORD).ends(0);
    let file = data.path().join("cache.yml");
    std::fs::write(&file, CACHE).unwrap();
    root.said(&["pipeline", "set", &file.display().to_string()]).ends(0);
    root.said(&["workspace", "create", "live"]).ends(0);
    root.said(&["workspace", "create", "dev/joe", "--base", "live"]).ends(0);
    let create = [
        "token",
        "create",
        "joe",
        "--verb",
        "view,run,edit",
        "--workspace",
        "dev/*",
        "--service",
        "--output",
        "json",
    ];
    let made = root.said(&create).ends(0).json().remove(0);
    let token = made["text"].as_str().unwrap();
    let joe = |args: &[&str]| root.said(&[args, &["--token", token]].concat());
    let run = ["pipeline", "run", "cache", "--arg", "me=joe"];

    joe(&[&run[..], &["--workspace", "dev/joe"]].concat()).ends(0);
    let denied = joe(&[&run[..], &["--workspace", "live"]].concat()).ends(11);
    let why = "token/joe may not run on project/default/pipeline/cache in the workspace live";
    assert!(denied.stderr.contains(why), "{denied:#?}");
    joe(&run).ends(11);
    let denied = joe(&["pipeline", "set", &file.display().to_string(), "--var", "x=1"]).ends(11);
    assert!(denied.stderr.contains("which all workspaces share"), "{denied:#?}");
    joe(&["pipeline", "show", "cache"]).ends(0);

    root.said(&[&run[..], &["--workspace", "live"]].concat()).ends(0);
    let seen = joe(&["runs", "list", "--output", "json"]).ends(0).json().remove(0);
    let places = seen.as_array().unwrap().iter().map(|run| run["workspace"].clone());
    assert_eq!(places.collect::<Vec<_>>(), [json!("dev/joe")]);
    let listed = joe(&["workspace", "list"]).ends(0);
    let shown = "inherits from live";
    assert!(listed.stdout.contains(shown) && !listed.stdout.contains("\nlive"), "{listed:#?}");
    joe(&["workspace", "create", "dev/tmp"]).ends(0);
    joe(&["workspace", "archive", "dev/tmp"]).ends(0);
    joe(&["workspace", "pause", "live"]).ends(11);

    let tokens = root.said(&["token", "list"]).ends(0);
    assert!(tokens.stdout.contains("dev/*"), "{tokens:#?}");
    let audit = ["audit", "list", "--action", "workspace.set", "--output", "json"];
    let audit = root.said(&audit).ends(0).json().remove(0);
    let (entry, after) = (&audit[0], audit[0]["after"]["state"].clone());
    assert_eq!((entry["actor"].clone(), after), (json!("token/joe"), json!("archived")));
}
