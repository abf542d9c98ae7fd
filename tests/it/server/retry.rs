//! Runs that take something over from those before.

use std::path::Path;

use kernel_wire::run::RunTree;
use kernel_wire::status::RunStatus;
use serde_json::{Value, json};

use super::{pipeline, read, step, task, touch};
use crate::server_process::Server;

/// Writes a file, fails until a marker is there, and reads the file.
fn chain(dir: &Path) -> String {
    let at = dir.display();
    let mut one = task("one", &format!("echo one >> {at}/ledger; echo from-one > made/file"));
    one["config"]["outputs"] = json!([{ "name": "made" }]);
    let two = task("two", &format!("echo two >> {at}/ledger; test -e {at}/marker"));
    let mut three = task("three", &format!("echo three >> {at}/ledger; cat made/file"));
    three["config"]["inputs"] = json!([{ "name": "made" }]);
    pipeline(&[one, two, three])
}

async fn retried(server: &Server, run: &str, body: Value) -> RunTree {
    let (status, made) = server.post(&format!("/runs/{run}/retry"), body).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["origin"], run);
    server.ended(made["id"].as_str().unwrap()).await
}

/// Checks that the third step read the file of the first.
async fn reads_the_file(server: &Server, tree: &RunTree) {
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
    let number = step(tree, "three").number;
    let log = server.text(&format!("/runs/{}/steps/{number}/log", tree.run.id)).await;
    assert_eq!(log, "from-one\n");
}

#[tokio::test]
async fn a_retry_takes_over_results_and_files_of_what_succeeded() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = dir.path().join("ledger");
    let server = Server::start(data.path()).await;
    server.pipeline_set("p", &chain(dir.path())).await;
    let first = server.run_start("p", json!({})).await.unwrap().id;
    let tree = server.ended(&first).await;
    assert_eq!(tree.run.status, RunStatus::Failed, "{tree:#?}");
    assert_eq!(read(&ledger), "one\ntwo\n");

    touch(&dir.path().join("marker"));
    let tree = retried(&server, &first, json!({})).await;
    reads_the_file(&server, &tree).await;
    assert_eq!(read(&ledger), "one\ntwo\ntwo\nthree\n");
    assert_eq!(step(&tree, "one").reused_from.as_deref(), Some(first.as_str()));
    assert_eq!(step(&tree, "two").reused_from, None);
    assert_eq!(tree.run.trigger.kind, "retry");

    // Of a run that has itself taken something over.
    let (second, path) = (tree.run.id.clone(), step(&tree, "three").path.clone());
    let tree = retried(&server, &second, json!({ "from": path })).await;
    reads_the_file(&server, &tree).await;
    assert_eq!(read(&ledger), "one\ntwo\ntwo\nthree\nthree\n");

    let path = step(&tree, "one").path.clone();
    let tree = retried(&server, &second, json!({ "from": path })).await;
    reads_the_file(&server, &tree).await;
    assert_eq!(read(&ledger), "one\ntwo\ntwo\nthree\nthree\none\ntwo\nthree\n");
    assert_eq!(step(&tree, "one").reused_from, None);
}

#[tokio::test]
async fn a_retry_from_a_step_that_is_not_there_names_it() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(data.path()).await;
    server.pipeline_set("p", &chain(dir.path())).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    server.ended(&run).await;
    let body = json!({ "from": "job/nowhere" });
    let (status, problem) = server.post(&format!("/runs/{run}/retry"), body).await;
    assert_eq!(status, 404, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("job/nowhere"), "{problem}");
}

#[tokio::test]
async fn a_cache_outlives_the_run_and_the_server() {
    let data = tempfile::tempdir().unwrap();
    // Nothing but what is asserted: what comes by two streams comes in either order.
    let script = "cat kept/file 2>/dev/null || echo nothing; echo kept > kept/file";
    let mut build = task("build", script);
    build["config"]["caches"] = json!([{ "path": "kept" }]);
    let server = Server::start(data.path()).await;
    server.pipeline_set("p", &pipeline(&[build])).await;
    let log = async |server: &Server| {
        let run = server.run_start("p", json!({})).await.unwrap().id;
        let tree = server.ended(&run).await;
        assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
        let number = step(&tree, "build").number;
        server.text(&format!("/runs/{run}/steps/{number}/log")).await
    };
    assert_eq!(log(&server).await, "nothing\n");
    assert_eq!(log(&server).await, "kept\n");
    assert_eq!(server.terminate(), Some(0));
    assert_eq!(log(&Server::start(data.path()).await).await, "kept\n");
}
