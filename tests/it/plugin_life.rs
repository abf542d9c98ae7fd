//! The life of plugins on a real server, by the command line: also when the server is killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::host::fixture;
use crate::server_process::Server;
use crate::tenon::{Said, said, tenon};

/// How often the server dies while it installs.
const DEATHS: u64 = 6;
/// The one wish of the fixture that must be bounded.
const BOUND: &str = "http:GET 127.0.0.1:*";

fn plugin(server: &Server, args: &[&str]) -> Said {
    said(&[&["plugin"], args, &["--server", &server.url]].concat())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn version(number: &str) -> Vec<u8> {
    fixture::hostile_with(&[("\"0.1.0\"", &format!("\"{number}\""))])
}

/// The server's word about the fixture. None: it knows no such plugin.
async fn shown(server: &Server) -> Option<Value> {
    let found = server.get("/plugins/hostile").await.unwrap();
    (found["name"] == "hostile").then_some(found)
}

#[tokio::test]
async fn a_stranger_installs_grants_binds_swaps_and_removes_a_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data).await;
    let first = write(folder.path(), "hostile.wasm", fixture::hostile());
    let refused = plugin(&server, &["install", &first]).ends(11);
    assert!(refused.stderr.contains("verify: nobody"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--allow-unsigned"), "{}", refused.stderr);
    let refused = plugin(&server, &["install", &first, "--allow-unsigned"]).ends(11);
    assert!(refused.stderr.contains("--grant 'http:GET *'"), "{}", refused.stderr);
    let done = plugin(&server, &["install", &first, "--allow-unsigned", "--grant", BOUND]).ends(0);
    assert!(done.stdout.starts_with("hostile 0.1.0 serves\n"), "{}", done.stdout);
    assert!(done.stdout.contains("`tenon plugin grant hostile process:git`"), "{}", done.stdout);
    let granted = plugin(&server, &["grant", "hostile", "process:git"]).ends(0);
    assert!(granted.stdout.contains("may use http:GET 127.0.0.1:*, process:git"), "{granted:?}");
    let slip = plugin(&server, &["grant", "hostil", "process:git"]).ends(11);
    assert!(slip.stderr.contains("did you mean \"hostile\"?"), "{}", slip.stderr);

    let second = write(folder.path(), "newer.wasm", &version("0.2.0"));
    plugin(&server, &["upgrade", "hostile", &second, "--allow-unsigned"]).ends(0);
    let bind = ["bind", "tools/work", "--plugin", "hostile", "--default", "action"];
    let bound = plugin(&server, &bind).ends(0);
    assert!(bound.stdout.contains("tools/work (hostile), default for action"), "{bound:?}");
    let list = plugin(&server, &["list", "--output", "json"]).ends(0).json();
    let list = list[0].as_array().unwrap().clone();
    let listed = list.iter().find(|plugin| plugin["name"] == "hostile").unwrap();
    assert_eq!((&listed["version"], &listed["source"]), (&"0.2.0".into(), &"installed".into()));
    assert_eq!(server.terminate(), Some(0));

    let server = Server::start(&data).await;
    let found = shown(&server).await.unwrap();
    assert_eq!((&found["version"], &found["status"]), (&"0.2.0".into(), &"active".into()));
    assert_eq!(found["bindings"][1]["name"], "tools/work");
    let back = plugin(&server, &["rollback", "hostile"]).ends(0);
    assert_eq!(back.stdout, "hostile 0.1.0 serves\n");
    plugin(&server, &["swap", "hostile", "0.2.0"]).ends(0);
    plugin(&server, &["verify", "hostile"]).ends(0);
    let quiet = plugin(&server, &["why-denied", "hostile"]).ends(0);
    assert_eq!(quiet.stdout, "hostile was refused nothing since the server started\n");
    plugin(&server, &["top"]).ends(0);
    plugin(&server, &["logs", "tools/work"]).ends(0);
    plugin(&server, &["disable", "hostile"]).ends(0);
    assert_eq!(shown(&server).await.unwrap()["status"], "disabled");
    plugin(&server, &["enable", "hostile"]).ends(0);
    let bound = plugin(&server, &["remove", "hostile"]).ends(11);
    assert!(bound.stderr.contains("tools/work"), "{}", bound.stderr);
    plugin(&server, &["unbind", "tools/work"]).ends(0);
    plugin(&server, &["remove", "hostile"]).ends(0);
    assert!(shown(&server).await.is_none());
    let gone = plugin(&server, &["inspect", "hostile"]).ends(11);
    assert!(gone.stderr.contains("`tenon plugin list` lists them"), "{}", gone.stderr);
    assert_eq!(std::fs::read_dir(data.join("plugins")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_server_that_dies_while_it_installs_has_the_plugin_or_has_it_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut newest = None;
    for death in 1..=DEATHS {
        let server = Server::start(&data).await;
        let number = format!("0.{death}.9");
        let file = write(folder.path(), "hostile.wasm", &version(&number));
        let verb: &[&str] = if newest.is_some() { &["upgrade", "hostile"] } else { &["install"] };
        let rest =
            [file.as_str(), "--allow-unsigned", "--grant", BOUND, "--server", server.url.as_str()];
        let mut client = tenon(&[&["plugin"], verb, &rest].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Somewhere in the middle: later each time.
        tokio::time::sleep(Duration::from_millis(death * 60)).await;
        server.kill();
        let was_told = client.wait().unwrap().success();

        let server = Server::start(&data).await;
        let found = shown(&server).await;
        let serves = found.as_ref().map(|found| found["version"].as_str().unwrap().to_owned());
        if was_told {
            assert_eq!(serves.as_ref(), Some(&number), "what was said holds");
        }
        assert!(serves == Some(number) || serves == newest, "{serves:?} after {newest:?}");
        if let Some(found) = &found {
            assert_eq!(found["status"], "active", "{found}");
            plugin(&server, &["verify", "hostile"]).ends(0);
        }
        let kept = found.map_or(0, |found| found["versions"].as_array().unwrap().len());
        let files = std::fs::read_dir(data.join("plugins")).unwrap().count();
        assert_eq!(files, kept, "what no plugin is was removed");
        newest = serves;
        assert_eq!(server.terminate(), Some(0));
    }
}
