//! Secrets of a real server: what it writes and says has no value in it, in no form.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use kernel_wire::status::RunStatus;
use serde_json::{Value, json};

use super::{leak, look};
use crate::server_process::Server;
use crate::tenon::tenon;

const VALUE: &str = "hunter2/zebra \"quartz\"";
/// What a program could print of it: `printf %s "$TOKEN" | base64`, `printf x%s`, `printf xx%s`,
/// `od -An -tx1`, and by hand for URLs and JSON.
const FORMS: [&str; 7] = [
    VALUE,
    "aHVudGVyMi96ZWJyYSAicXVhcnR6",
    "h1bnRlcjIvemVicmEgInF1YXJ0e",
    "odW50ZXIyL3plYnJhICJxdWFydH",
    "68756e746572322f7a65627261202271756172747a22",
    "hunter2%2Fzebra%20%22quartz%22",
    r#"hunter2/zebra \"quartz\""#,
];

/// What it prints in the ways of programs.
const PRINTS: &str = r#"
echo "plain $TOKEN"; echo "$TOKEN" >&2
printf 'cut hunter2/zeb'; printf 'ra "quartz"\n'
printf %s "$TOKEN" | base64; printf x%s "$TOKEN" | base64; printf xx%s "$TOKEN" | base64
printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' \n'; echo
echo 'hunter2%2Fzebra%20%22quartz%22 {"v":"hunter2/zebra \"quartz\""}'
test "$TOKEN" = 'hunter2/zebra'' "quartz"'
"#;

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    for form in FORMS {
        let found = bytes.windows(form.len()).any(|part| part == form.as_bytes());
        assert!(!found, "{what} holds {form}");
    }
}

/// Sets a secret as a person with a pipe does.
fn set(server: &Server, name: &str, flags: &[&str], value: &str) -> (bool, String) {
    let mut command = tenon(&["--server", &server.url, "secret", "set", name]);
    command.args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn run(server: &Server, pipeline: &str, body: Value) -> (String, RunStatus) {
    let run = server.run_start(pipeline, body).await.unwrap();
    let tree = server.ended(&run.id).await;
    (run.id, tree.run.status)
}

/// Returns what the steps of a run said. Where one piece of it ends and the next begins is up to the
/// system.
async fn printed(server: &Server, run: &str) -> String {
    let logs = server.text(&format!("/runs/{run}/logs?follow=false")).await;
    let pieces = logs.lines().filter_map(|line| line.strip_prefix("data: "));
    let pieces = pieces.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    pieces.filter_map(|piece| piece["text"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_kept_value_is_in_no_file_answer_or_log_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let (ok, said) = set(&server, "token", &["--pipeline", "leak"], VALUE);
    assert!(ok && said.contains("is set for project/default/pipeline/leak"), "{said}");
    clean("the answer to the command", said.as_bytes());
    server.pipeline_set("leak", &leak(PRINTS)).await;
    let (run, status) = run(&server, "leak", json!({})).await;
    assert_eq!(status, RunStatus::Failed);
    let said = printed(&server, &run).await;
    assert!(said.contains("plain ***\n") && said.contains("cut ***\n"), "{said}");
    let scope = "project%2Fdefault%2Fpipeline%2Fleak";
    for path in [
        format!("/runs/{run}"),
        format!("/runs/{run}/tree"),
        format!("/runs/{run}/events"),
        format!("/runs/{run}/logs?follow=false"),
        format!("/runs/{run}/steps/1"),
        format!("/runs/{run}/steps/1/log"),
        format!("/runs/{run}/artifacts"),
        format!("/secrets?scope={scope}"),
        "/runs".to_owned(),
        "/plugins".to_owned(),
        "/pipelines/leak/versions/1".to_owned(),
    ] {
        // The source is what the pipeline's author wrote, with the value in it for this test.
        if !path.starts_with("/pipelines") {
            clean(&path, server.text(&path).await.as_bytes());
        }
    }
    let listed = server.get(&format!("/secrets?scope={scope}")).await.unwrap();
    assert_eq!(
        (&listed["backend"], &listed["items"][0]["name"]),
        (&json!("secrets-local"), &json!("token"))
    );
    let told = server.said();
    server.kill();
    clean("the log of the server", told.as_bytes());
    assert!(told.contains("MADE A KEY"), "{told}");
    files(data.path());
}

/// Looks into every file that the server wrote but those of steps.
fn files(data: &Path) {
    let mut files = 0;
    look(data, &mut |path, bytes| {
        files += 1;
        // The pipeline of this test quotes some forms; those that only the secret has are looked for.
        for form in [VALUE, FORMS[1], FORMS[2], FORMS[3], FORMS[4]] {
            let found = bytes.windows(form.len()).any(|part| part == form.as_bytes());
            assert!(!found, "{} holds {form}", path.display());
        }
    });
    assert!(files > 5, "there is something to look at");
}

#[tokio::test]
async fn what_was_lent_is_still_there_after_a_crash_and_gone_at_the_end() {
    let data = tempfile::tempdir().unwrap();
    let gate = data.path().join("gate");
    let server = Server::start(data.path()).await;
    let pipeline = format!(
        r#"
jobs:
  - name: wait
    plan:
      - task: gate
        config:
          platform: linux
          run: {{path: sh, args: [-c, 'until [ -e {} ]; do sleep 0.02; done']}}
      - task: use
        config:
          platform: linux
          env: {{TOKEN: ((token))}}
          run: {{path: sh, args: [-c, 'echo "it is $TOKEN"; test "$TOKEN" = swordfish-of-old']}}
"#,
        gate.display()
    );
    server.pipeline_set("wait", &pipeline).await;
    let body = json!({ "secrets": { "token": "swordfish-of-old" } });
    let run = server.run_start("wait", body).await.unwrap();
    server.kill();
    look(data.path(), &mut |path, bytes| {
        let found = bytes.windows(16).any(|part| part == b"swordfish-of-old");
        // The pipeline compares, and so is an exception.
        let is_quoted =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("project.db"));
        assert!(!found || is_quoted, "{} holds the value", path.display());
    });
    let server = Server::start(data.path()).await;
    std::fs::write(&gate, "").unwrap();
    let tree = server.ended(&run.id).await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
    let logs = server.text(&format!("/runs/{}/logs?follow=false", run.id)).await;
    assert!(logs.contains("it is ***"), "{logs}");
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test]
async fn a_rotated_key_opens_what_was_set_before_and_a_lost_one_is_noticed() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    assert!(set(&server, "token", &["--scope", "server"], VALUE).0);
    let good =
        json!({ "path": "sh", "args": ["-c", "test \"$TOKEN\" = 'hunter2/zebra \"quartz\"'"] });
    let good = json!({ "platform": "linux", "env": { "TOKEN": "((token))" }, "run": good });
    let good = json!({ "jobs": [{ "name": "j", "plan": [{ "task": "t", "config": good }] }] });
    server.pipeline_set("good", &good.to_string()).await;
    let rotated = tenon(&["--server", &server.url, "secret", "rotate-key"]).output().unwrap();
    assert!(rotated.status.success(), "{rotated:?}");
    let said = String::from_utf8(rotated.stdout).unwrap();
    assert!(said.contains("the server has a new key; 1 secret sealed again"), "{said}");
    assert_eq!(run(&server, "good", json!({})).await.1, RunStatus::Succeeded);
    assert_eq!(server.terminate(), Some(0));
    let server = Server::start(data.path()).await;
    assert_eq!(run(&server, "good", json!({})).await.1, RunStatus::Succeeded);
    assert_eq!(server.terminate(), Some(0));
    let key = data.path().join("keyring/server.key");
    std::fs::write(&key, "a key that is not the one that it was\n").unwrap();
    let started = tenon(&["server", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).output();
    let started = started.unwrap();
    let said = String::from_utf8(started.stderr).unwrap();
    assert!(!started.status.success() && said.contains("is not the one that sealed"), "{said}");
}

#[tokio::test]
async fn who_starts_a_run_does_not_choose_its_secrets() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    assert!(set(&server, "other", &["--scope", "server"], VALUE).0);
    let source = "jobs: [{name: j, plan: [{task: t, config: {platform: linux, params: {X: ((x))}, \
                  run: {path: sh, args: [-c, 'echo \"$X\"']}}}]}]";
    server.pipeline_set("args", source).await;
    for value in [json!("secret:other"), json!("a ((secret:other)) b"), json!(["secret:other"])] {
        let (status, problem) =
            server.post("/pipelines/args/runs", json!({ "args": { "x": value } })).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some("argument-secret")), "{problem}");
    }
    let lent = json!({ "args": { "x": "secret:mine" }, "secrets": { "mine": "swordfish" } });
    let (_, status) = run(&server, "args", lent).await;
    assert_eq!(status, RunStatus::Succeeded);
}

#[tokio::test]
async fn mistakes_are_refused_without_repeating_the_value() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path()).await;
    let (ok, said) = set(&server, "token", &[], "abc");
    assert!(!ok && said.contains("it has 3 bytes"), "{said}");
    let (ok, said) = set(&server, "no space", &[], VALUE);
    assert!(!ok && said.contains("cannot be the name of a secret"), "{said}");
    clean("the refusal", said.as_bytes());
    let (ok, said) = set(&server, "token", &["--scope", "projects"], VALUE);
    assert!(!ok && said.contains("is no scope of secrets"), "{said}");
    let (ok, said) = set(&server, "token", &[], "short");
    assert!(ok && said.contains("fewer than 8 bytes"), "{said}");
    let removed = tenon(&["--server", &server.url, "secret", "remove", "nope"]).output().unwrap();
    let said = String::from_utf8(removed.stderr).unwrap();
    assert!(said.contains("there is no secret \"nope\" of project/default"), "{said}");
}

#[tokio::test]
async fn what_the_configuration_gives_counts_as_the_servers() {
    let data = tempfile::tempdir().unwrap();
    let given = format!("token={VALUE}");
    let server = Server::start_with(data.path(), &["--secret", &given]).await;
    server.pipeline_set("leak", &leak(PRINTS)).await;
    let (run, _) = run(&server, "leak", json!({})).await;
    let logs = printed(&server, &run).await;
    assert!(logs.contains("plain ***\n"), "{logs}");
    clean("the logs", logs.as_bytes());
    let listed = server.get("/secrets?scope=server").await.unwrap();
    assert_eq!(
        listed["items"],
        json!([{ "name": "token", "scope": "server", "updatedBy": "the configuration" }])
    );
    let (ok, said) = set(&server, "token", &["--scope", "server"], "another value");
    assert!(!ok && said.contains("is given by the setting secrets.values"), "{said}");
    let (ok, said) = set(&server, "token", &["--pipeline", "leak"], "another value");
    assert!(ok, "a pipeline may have its own: {said}");
    server.kill();
    let server = Server::start(data.path()).await;
    let listed = server.get("/secrets?scope=server").await.unwrap();
    assert_eq!(listed["items"], json!([]), "nothing of it is kept");
    server.kill();
    files(data.path());
}
