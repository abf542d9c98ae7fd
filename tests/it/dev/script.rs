//! The same for plugins in JavaScript and Python, with the SDKs of this tree: each is made by
//! `tenon plugin new` and set up as its README says. What is edited answers at once, and a get
//! reaches out of its sandbox, as far as it is granted and no further.

use std::fs;
use std::path::Path;
use std::process::Command;

use kernel_wire::status::RunStatus;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::{Dev, remark};
use crate::server_process::Server;
use crate::tenon::{root, tenon};

const GRANTS: [&str; 8] = [
    "--grant",
    "blob:kept",
    "--grant",
    "tcp:127.0.0.1:*",
    "--grant",
    "kernel:GET /api/v1/runs/*",
    "--grant",
    "output",
];

#[track_caller]
fn run(folder: &Path, program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).current_dir(folder).output();
    let output = output.unwrap_or_else(|err| panic!("{program}: {err}; install it"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&said));
}

/// Makes the plugin of the fixtures from the template of a language.
fn new(folder: &Path, lang: &str, file: &str) {
    let sdk = root().display().to_string();
    let args = ["plugin", "new", "--kind", "action", "reach", "--lang", lang, "--sdk", &sdk];
    let output = tenon(&args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let fixture = root().join("tests/fixtures/scripts").join(file);
    fs::copy(fixture, folder.join("reach").join(file)).unwrap();
}

/// Gives back each line, reversed; returns the port.
async fn reverse() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let answer: String = line.trim_end().chars().rev().collect();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    port
}

/// Runs a pipeline that gets the resource, and returns what it says.
async fn reached(server: &Server) -> Value {
    let source = json!({ "port": reverse().await });
    let pipeline = json!({
        "resources": [{ "name": "r", "type": "reach", "source": source }],
        "jobs": [{ "name": "j", "plan": [{ "get": "r" }] }],
    });
    server.pipeline_set("reach", &pipeline.to_string()).await;
    let run = server.run_start("reach", json!({})).await.unwrap();
    let tree = server.ended(&run.id).await;
    assert_eq!(tree.run.status, RunStatus::Succeeded, "{tree:#?}");
    let get = tree.steps.iter().find(|step| step.kind == "get");
    let number = get.unwrap().number;
    let log = server.text(&format!("/runs/{}/steps/{number}/log", run.id)).await;
    serde_json::from_str(&log).unwrap_or_else(|err| panic!("{err}: {log}"))
}

async fn saved_scripts_serve(lang: &str, file: &str, setup: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let server = Server::start(&here.join("data")).await;
    new(here, lang, file);
    let plugin = here.join("reach");
    setup(&plugin);
    let dev = Dev::start(here, "reach", &server, &GRANTS);
    let line = dev.says("serves");
    assert!(line.starts_with("reach 0.1.0 serves: built in "), "{line}");
    assert_eq!(remark(&server).await, "there is no command in it");
    let want = json!({
        "blob": [5, "hello", 5 << 20, ["a/large", "a/small"], true],
        "denied": "denied",
        "tcp": "olleh",
        "kernel": 400,
        "whoami": "denied",
    });
    assert_eq!(reached(&server).await, want);

    let source = plugin.join(file);
    let text = fs::read_to_string(&source).unwrap();
    let edit =
        |to: &str| fs::write(&source, text.replace("there is no command in it", to)).unwrap();
    edit("it is empty\"' mistake");
    dev.says("not built: what served before serves on");
    assert_eq!(remark(&server).await, "there is no command in it");
    edit("it is empty");
    dev.says("swapped in");
    assert_eq!(remark(&server).await, "it is empty");
    let shown = server.get("/plugins/reach").await.unwrap();
    assert_eq!(shown["versions"].as_array().unwrap().len(), 1, "each takes the place of the last");
}

#[tokio::test]
async fn what_is_saved_in_javascript_serves_and_reaches_out_as_granted() {
    let sdk = root().join("sdk/js");
    if !sdk.join("node_modules/typescript").is_dir() {
        run(&sdk, "npm", &["install", "--no-audit", "--no-fund", "--no-package-lock"]);
    }
    run(&sdk, "npm", &["run", "build", "--silent"]);
    saved_scripts_serve("js", "plugin.js", |plugin| {
        run(plugin, "npm", &["install", "--no-audit", "--no-fund"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_saved_in_python_serves_and_reaches_out_as_granted() {
    saved_scripts_serve("python", "plugin.py", |plugin| {
        run(plugin, "python3", &["-m", "venv", ".venv"]);
        run(plugin, ".venv/bin/pip", &["install", "--quiet", "."]);
    })
    .await;
}
