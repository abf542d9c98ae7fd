//! Plugins that call the server's own API act for who asked for the run, and for nobody else.

use std::path::Path;

use serde_json::json;

use super::{PASSWORD, Person, prepare};
use crate::host::fixture;
use crate::server_process::Server;
use crate::tenon::Said;

/// A pipeline whose only step asks the API: the launcher of the fixture calls it.
fn pipeline(method: &str, path: &str) -> String {
    format!(
        "jobs:\n  - name: ask\n    plan:\n      - task: api\n        config:\n          \
         platform: linux\n          run: {{path: {method}, args: ['{path}']}}\n"
    )
}

async fn server(data: &Path) -> Server {
    let plugins = data.join("given");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("outward.wasm"), fixture::outward()).unwrap();
    let plugins = plugins.display().to_string();
    let flags = [
        "--plugins",
        &plugins,
        "--grant",
        "outward=kernel:GET /api/v1/*",
        "--grant",
        "outward=output",
    ];
    Server::start_closed(data, &flags).await
}

/// Runs a pipeline of the fixture, and returns what its step wrote.
fn asks(person: &Person<'_>, pipeline: &str, further: &[&str]) -> Said {
    let args = ["pipeline", "run", pipeline, "--launcher", "outward"];
    person.said(&[&args, further].concat())
}

#[track_caller]
fn answer(said: &Said, part: &str) {
    assert!(said.stdout.contains(part), "no {part} in {said:#?}");
}

#[tokio::test]
async fn a_plugin_may_do_what_who_asked_for_the_run_may_do_and_no_more() {
    let (data, homes) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    prepare(data.path()).await;
    let server = server(data.path()).await;
    let [root, viv] = ["root", "viv"].map(|name| {
        let home = homes.path().join(name);
        std::fs::create_dir(&home).unwrap();
        home
    });
    let root = Person { home: &root, server: &server.url };
    let viv = Person { home: &viv, server: &server.url };
    root.told(&["login", "root"], PASSWORD).ends(0);
    root.told(&["user", "add", "viv", "--role", "runner"], PASSWORD).ends(0);
    viv.told(&["login", "viv"], PASSWORD).ends(0);
    for (name, method, path) in [
        ("who", "GET", "/api/v1/whoami"),
        ("users", "GET", "/api/v1/users"),
        ("start", "POST", "/api/v1/pipelines/who/runs"),
    ] {
        let file = data.path().join(format!("{name}.yml"));
        std::fs::write(&file, pipeline(method, path)).unwrap();
        root.said(&["pipeline", "set", &file.display().to_string()]).ends(0);
    }

    let said = asks(&viv, "who", &[]).ends(0);
    answer(&said, r#"200 {"actor":"user/viv","via":"plugin""#);
    answer(&asks(&viv, "users", &[]).ends(0), "403 ");
    answer(&asks(&root, "users", &[]).ends(0), "200 ");

    // A token may do less than the person whom it belongs to, and so may what is done by it.
    let create =
        ["token", "create", "narrow", "--verb", "view", "--verb", "run", "--output", "json"];
    let made = root.said(&create).ends(0).json().remove(0);
    let token = made["text"].as_str().unwrap();
    answer(&asks(&root, "users", &["--token", token]).ends(0), "403 ");

    // The operator has granted no POST, whoever asks.
    let said = asks(&root, "start", &[]);
    assert_ne!(said.code, Some(0), "{said:#?}");
    answer(&said, "`kernel:POST /api/v1/pipelines/who/runs`, which is not granted");

    let denials = ["audit", "list", "--outcome", "denied", "--output", "json"];
    let denials = root.said(&denials).ends(0).json();
    let by_plugin = denials[0].as_array().unwrap().iter().find(|link| {
        link["actor"] == json!("user/viv") && link["address"] == json!("plugin/outward")
    });
    assert!(by_plugin.is_some(), "{denials:#?}");
}
