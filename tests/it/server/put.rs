//! A real server pushes what its steps have made.

use std::path::Path;
use std::process::Command;

use kernel_wire::status::{RunStatus, StepStatus};
use serde_json::json;

use super::{step, task};
use crate::server_process::Server;

fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    let output = Command::new("git").args(identity).args(args).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns a repository without files of its own, to push to, with one commit.
fn remote(folder: &Path) {
    git(folder, &["init", "-q", "-b", "main", "seed"]);
    let seed = folder.join("seed");
    std::fs::write(seed.join("version"), "1\n").unwrap();
    git(&seed, &["add", "."]);
    git(&seed, &["commit", "-q", "-m", "first"]);
    git(folder, &["clone", "-q", "--bare", "seed", "remote.git"]);
}

const BUMP: &str = "\
cp -R source/. bumped
cd bumped
echo 2 > version
git -c user.name=bump -c user.email=bump@example.com commit -qam 'bump to 2'";

#[tokio::test]
async fn a_put_pushes_a_commit_which_the_next_step_gets() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    remote(dir.path());
    let remote = dir.path().join("remote.git");
    let server = Server::start(data.path()).await;
    let mut bump = task("bump", BUMP);
    bump["config"]["inputs"] = json!([{ "name": "source" }]);
    bump["config"]["outputs"] = json!([{ "name": "bumped" }]);
    let mut look = task("look", "cat source/version");
    look["config"]["inputs"] = json!([{ "name": "source" }]);
    let source = json!({ "uri": format!("file://{}", remote.display()), "branch": "main" });
    let pipeline = json!({
        "resources": [{ "name": "source", "type": "git", "source": source }],
        "jobs": [{ "name": "job", "plan": [
            { "get": "source" },
            bump,
            { "put": "source", "params": { "repository": "bumped" } },
            look,
        ] }],
    });
    server.pipeline_set("p", &pipeline.to_string()).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let tree = server.ended(&run).await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
    assert_eq!(git(&remote, &["show", "main:version"]), "2\n");
    assert_eq!(git(&remote, &["log", "-1", "--format=%s by %an", "main"]), "bump to 2 by bump\n");
    // A put is followed by a get of what it made.
    let look = step(&tree, "look").number;
    let log = server.text(&format!("/runs/{run}/steps/{look}/log")).await;
    assert!(log.contains('2'), "{log}");
}

#[tokio::test]
async fn a_put_that_the_remote_refuses_fails_with_what_git_says() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    remote(dir.path());
    let remote = dir.path().join("remote.git");
    let hook = remote.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho 'main is frozen until monday' >&2\nexit 1\n").unwrap();
    Command::new("chmod").arg("+x").arg(&hook).status().unwrap();
    let server = Server::start(data.path()).await;
    let mut bump = task("bump", BUMP);
    bump["config"]["inputs"] = json!([{ "name": "source" }]);
    bump["config"]["outputs"] = json!([{ "name": "bumped" }]);
    let source = json!({ "uri": format!("file://{}", remote.display()), "branch": "main" });
    let pipeline = json!({
        "resources": [{ "name": "source", "type": "git", "source": source }],
        "jobs": [{ "name": "job", "plan": [
            { "get": "source" }, bump, { "put": "source", "params": { "repository": "bumped" } },
        ] }],
    });
    server.pipeline_set("p", &pipeline.to_string()).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let tree = server.ended(&run).await;
    assert_eq!(tree.run.status, RunStatus::Failed, "{tree:#?}");
    assert_eq!(git(&remote, &["show", "main:version"]), "1\n");
    let put = tree.steps.iter().find(|step| step.status == StepStatus::Failed && !step.is_group);
    let put = put.unwrap();
    let log = server.text(&format!("/runs/{run}/steps/{}/log", put.number)).await;
    assert!(log.contains("main is frozen until monday"), "{log}");
}
