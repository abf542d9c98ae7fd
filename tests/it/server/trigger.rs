//! New versions of a resource start runs.

use std::path::Path;
use std::process::Command;

use kernel_wire::status::RunStatus;
use serde_json::{Value, json};

use super::{task, until};
use crate::server_process::Server;

fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    let output = Command::new("git").args(identity).args(args).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A pipeline of this name, and the repository that it follows.
struct Followed<'a> {
    server: &'a Server,
    name: &'static str,
    repository: tempfile::TempDir,
}

impl<'a> Followed<'a> {
    async fn set(server: &'a Server, name: &'static str) -> Self {
        let repository = tempfile::tempdir().unwrap();
        git(repository.path(), &["init", "-q", "-b", "main"]);
        let followed = Self { server, name, repository };
        followed.commit("first");
        let mut show = task("show", "cat source/file");
        show["config"]["inputs"] = json!([{ "name": "source" }]);
        let source = json!({
            "resources": [{
                "name": "source", "type": "git", "check_every": "1s",
                "source": { "uri": format!("file://{}", followed.repository.path().display()) },
            }],
            "jobs": [{ "name": "job", "plan": [{ "get": "source", "trigger": true }, show] }],
        });
        server.pipeline_set(name, &source.to_string()).await;
        followed
    }

    fn commit(&self, text: &str) {
        let folder = self.repository.path();
        std::fs::write(folder.join("file"), format!("{text}\n")).unwrap();
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", text]);
    }

    /// Returns the ids of the runs, the newest first.
    async fn runs(&self) -> Vec<String> {
        let page = self.server.get(&format!("/runs?pipeline={}", self.name)).await.unwrap();
        let items = page["items"].as_array().unwrap();
        items.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for this many runs, and for the end of the newest, which saw this text.
    async fn arrives(&self, count: usize, text: &str) {
        let runs = until("a run", async || {
            let runs = self.runs().await;
            (runs.len() >= count).then_some(runs)
        })
        .await;
        assert_eq!(runs.len(), count, "{runs:?}");
        let tree = self.server.ended(&runs[0]).await;
        assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
        assert_eq!(tree.run.trigger.kind, "resource");
        let number = super::step(&tree, "show").number;
        let log = self.server.text(&format!("/runs/{}/steps/{number}/log", runs[0])).await;
        assert!(log.contains(text), "{log}");
    }
}

#[tokio::test]
async fn a_new_commit_starts_a_run_and_nothing_else_does() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let subject = Followed::set(&server, "subject").await;
    // Checked as often: when it has had two new versions, the subject was checked in between.
    let clock = Followed::set(&server, "clock").await;
    subject.arrives(1, "first").await;
    clock.arrives(1, "first").await;

    clock.commit("second");
    clock.arrives(2, "second").await;
    clock.commit("third");
    clock.arrives(3, "third").await;
    assert_eq!(subject.runs().await.len(), 1, "a run without a new commit");

    subject.commit("second");
    subject.arrives(2, "second").await;

    let (status, _) = server.post("/pipelines/subject/pause", Value::Null).await;
    assert!(matches!(status, 200 | 202 | 204), "{status}");
    subject.commit("third");
    clock.commit("fourth");
    clock.arrives(4, "fourth").await;
    clock.commit("fifth");
    clock.arrives(5, "fifth").await;
    assert_eq!(subject.runs().await.len(), 2, "a paused pipeline started a run");

    let (status, _) = server.post("/pipelines/subject/unpause", Value::Null).await;
    assert!(matches!(status, 200 | 202 | 204), "{status}");
    subject.arrives(3, "third").await;
}
