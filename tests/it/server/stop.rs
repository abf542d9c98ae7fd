//! How running steps come to an end that is not their own.

use std::path::Path;

use kernel_wire::status::{RunStatus, StepStatus};
use serde_json::{Value, json};

use super::{line, pipeline, read, step, task, touch, until};
use crate::server_process::Server;

/// A process that nobody has waited for yet is as good as gone.
fn is_alive(pid: &str) -> bool {
    let stat = read(&Path::new("/proc").join(pid).join("stat"));
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

#[tokio::test]
async fn cancelling_a_run_ends_all_its_processes_and_runs_its_hooks() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = dir.path().display();
    let server = Server::start(data.path()).await;
    let mut work = task(
        "work",
        &format!(
            "setsid sh -c 'echo $$ > {at}/child; exec sleep 600' & \
             echo $$ > {at}/parent; sleep 600"
        ),
    );
    work["on_abort"] = task("tell", &format!("echo aborted >> {at}/hooks"));
    work["ensure"] = task("tidy", &format!("echo ensured >> {at}/hooks"));
    let never = task("never", &format!("echo never >> {at}/hooks"));
    server.pipeline_set("p", &pipeline(&[work, never])).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let pids = [line(&dir.path().join("child")).await, line(&dir.path().join("parent")).await];
    assert!(pids.iter().all(|pid| is_alive(pid)), "{pids:?}");

    let (status, _) = server.post(&format!("/runs/{run}/cancel"), json!({ "by": "ann" })).await;
    assert_eq!(status, 202);
    let tree = server.ended(&run).await;
    assert_eq!(tree.run.status, RunStatus::Cancelled, "{tree:#?}");
    assert_eq!(tree.cancel_by.as_deref(), Some("ann"));
    assert_eq!(step(&tree, "work").status, StepStatus::Cancelled);
    assert!(!pids.iter().any(|pid| is_alive(pid)), "{pids:?}");
    assert_eq!(read(&dir.path().join("hooks")), "aborted\nensured\n");
}

#[tokio::test]
async fn a_timeout_ends_a_step_that_does_not_listen_after_the_grace() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start_with(data.path(), &["--grace", "1s"]).await;
    let script = format!("trap '' TERM; echo $$ > {}/pid; sleep 600", dir.path().display());
    let mut deaf = task("deaf", &script);
    deaf["timeout"] = json!("1s");
    server.pipeline_set("p", &pipeline(&[deaf])).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let pid = line(&dir.path().join("pid")).await;
    let tree = server.ended(&run).await;
    let deaf = step(&tree, "deaf");
    assert_eq!(deaf.status, StepStatus::TimedOut, "{tree:#?}");
    assert_eq!(tree.run.status, RunStatus::TimedOut, "{tree:#?}");
    let took = deaf.duration_ms.unwrap();
    // The upper bound is loose: the machine may be busy.
    assert!((1_900..8_000).contains(&took), "timeout and grace took {took} ms");
    assert!(!is_alive(&pid));
}

/// Waits for the file `<name>-go`, and keeps a ledger of what happened.
fn gated(name: &str, dir: &Path) -> Value {
    let at = dir.display();
    let script = format!(
        "echo {name} >> {at}/begun; until [ -e {at}/{name}-go ]; do sleep 0.02; done; \
         echo {name} >> {at}/done"
    );
    task(name, &script)
}

#[tokio::test]
async fn a_server_that_stops_lets_steps_finish_and_goes_on_with_the_rest_later() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let flags = ["--drain", "2s", "--grace", "1s", "--attempts-max", "2"];
    let server = Server::start_with(data.path(), &flags).await;
    let plan = ["short", "long", "queued"].map(|name| gated(name, dir.path()));
    server.pipeline_set("p", &pipeline(&[json!({ "in_parallel": plan })])).await;
    let run = server.run_start("p", json!({})).await.unwrap().id;
    let begun = dir.path().join("begun");
    let two = async || (read(&begun).lines().count() == 2).then_some(());
    until("two steps", two).await;

    server.stop_begin();
    until("the server to drain", async || {
        let answer = server.readiness().await;
        (answer != Some(200)).then_some(())
    })
    .await;
    touch(&dir.path().join("short-go"));
    assert_eq!(server.stopped(), Some(0));
    assert_eq!(read(&dir.path().join("done")), "short\n");
    assert!(!read(&begun).contains("queued"), "a step began while the server was stopping");

    touch(&dir.path().join("long-go"));
    touch(&dir.path().join("queued-go"));
    let server = Server::start_with(data.path(), &flags).await;
    let tree = server.ended(&run).await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
    let attempts = ["short", "long", "queued"].map(|name| step(&tree, name).attempts.len());
    assert_eq!(attempts, [1, 2, 1], "{tree:#?}");
    let mut begun: Vec<String> = read(&begun).lines().map(str::to_owned).collect();
    begun.sort_unstable();
    assert_eq!(begun, ["long", "long", "queued", "short"]);
}
