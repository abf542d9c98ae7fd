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

/// The fixture with a schema that requires one field.
fn requiring(number: &str, field: &str) -> Vec<u8> {
    let summary = "\"Does good and bad things on request\"";
    let schema = format!("\"x\",\"config\":{{\"required\":[\"{field}\"]}}");
    let schema = format!("{schema:<0$}", summary.len());
    fixture::hostile_with(&[("\"0.1.0\"", &format!("\"{number}\"")), (summary, &schema)])
}

#[tokio::test]
async fn a_version_that_needs_another_configuration_is_brought_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let (first, second) = (requiring("0.1.0", "url"), requiring("0.2.0", "zone"));
    let first = write(folder.path(), "first.wasm", &first);
    let second = write(folder.path(), "second.wasm", &second);
    let (url, zone) = ("{\"url\": \"a\"}", "{\"zone\": \"eu\"}");
    let flags = ["--allow-unsigned", "--grant", BOUND, "--config"];
    plugin(&server, &[&["install", &first][..], &flags, &[url]].concat()).ends(0);
    plugin(&server, &[&["upgrade", "hostile", &second][..], &flags, &[zone]].concat()).ends(0);
    for back in [&["rollback", "hostile"][..], &["swap", "hostile", "0.1.0"]] {
        let refused = plugin(&server, back).ends(11);
        assert!(refused.stderr.contains("give one with --config"), "{}", refused.stderr);
        let wrong = plugin(&server, &[back, &["--config", "{\"url\": "]].concat()).ends(2);
        assert!(wrong.stderr.contains("the configuration is no JSON"), "{}", wrong.stderr);
    }
    assert_eq!(shown(&server).await.unwrap()["version"], "0.2.0");
    let back = plugin(&server, &["rollback", "hostile", "--config", url]).ends(0);
    assert_eq!(back.stdout, "hostile 0.1.0 serves\n");
    let file = write(folder.path(), "zone.json", zone.as_bytes());
    plugin(&server, &["swap", "hostile", "0.2.0", "--config", &file]).ends(0);
    let found = shown(&server).await.unwrap();
    assert_eq!(found["version"], "0.2.0");
    assert_eq!(found["bindings"][0]["config"], serde_json::json!({ "zone": "eu" }));
    // What it may use is not touched by this.
    assert_eq!(found["bindings"][0]["rules"], serde_json::json!([BOUND]));
}

#[tokio::test]
async fn a_configuration_may_be_larger_than_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let file = write(folder.path(), "first.wasm", &requiring("0.1.0", "text"));
    let of = |size: usize| format!("{{\"text\": \"{}\"}}", "x".repeat(size));
    let config = write(folder.path(), "large.json", of(1 << 20).as_bytes());
    let flags = ["--allow-unsigned", "--grant", BOUND, "--config"];
    plugin(&server, &[&["install", &file][..], &flags, &[&config]].concat()).ends(0);
    let newer = write(folder.path(), "newer.wasm", &requiring("0.2.0", "text"));
    plugin(&server, &[&["upgrade", "hostile", &newer][..], &flags, &[&config]].concat()).ends(0);
    let kept = &shown(&server).await.unwrap()["bindings"][0]["config"]["text"];
    assert_eq!(kept.as_str().unwrap().len(), 1 << 20);
    let config = write(folder.path(), "larger.json", of(5 << 20).as_bytes());
    let refused =
        plugin(&server, &[&["upgrade", "hostile", &newer][..], &flags, &[&config]].concat());
    let refused = refused.ends(11).stderr;
    assert!(refused.contains("is larger than 4194304 bytes"), "{refused}");
    assert!(refused.contains("limits.body_max"), "{refused}");
}

#[tokio::test]
async fn wrong_arguments_end_with_2_and_start_nothing() {
    for (args, part) in [
        (&["install", "a.wasm", "--lock", "tenon.lock"][..], "--locked"),
        (&["import", "a.bundle", "--lock", "tenon.lock"], "--locked"),
        (&["install", "--locked", "--grant", "kv"], "are about one plugin"),
        (&["install", "https://example.org/a.wasm"], "add its digest"),
        (&["bind", "models/a", "--plugin", "a", "--default", "modle"], "identity, webhook"),
        (&["bind", "a", "--config", "[1]"], "is JSON, but no object"),
        (&["swap", "a", "1.0.0", "--config", "{"], "the configuration is no JSON"),
    ] {
        let said = said(&[&["plugin"], args, &["--server", "http://127.0.0.1:1"]].concat());
        let said = said.ends(2);
        assert!(said.stderr.contains(part), "{args:?} {}", said.stderr);
    }
}

#[tokio::test]
async fn the_name_of_a_binding_is_told_from_that_of_a_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let file = write(folder.path(), "hostile.wasm", fixture::hostile());
    plugin(&server, &["install", &file, "--allow-unsigned", "--grant", BOUND]).ends(0);
    plugin(&server, &["bind", "tools/work", "--plugin", "hostile"]).ends(0);
    let asks = plugin(&server, &["inspect", "hostile"]).ends(0).stdout;
    let line = |wish: &str| asks.lines().find(|line| line.contains(wish)).unwrap();
    assert!(line("process:git").contains("not granted"), "{asks}");
    assert!(line("http:GET *").contains("granted in part: GET 127.0.0.1:*"), "{asks}");
    let before = plugin(&server, &["inspect", &file]).ends(0).stdout;
    assert!(before.contains("asks for  ") && !before.contains("granted"), "{before}");
    let own = plugin(&server, &["bindings"]).ends(0).stdout;
    let own = own.lines().find(|line| line.starts_with("launcher-process ")).unwrap();
    assert!(own.contains("  all  "), "{own}");
    for (args, part) in [
        (&["inspect", "tools/work"][..], "`tenon plugin inspect hostile`"),
        (&["disable", "tools/work"], "`tenon plugin unbind tools/work`"),
        (&["enable", "tools/work"], "`tenon plugin enable hostile`"),
        (&["remove", "tools/work"], "`tenon plugin unbind tools/work`"),
        (&["verify", "tools/work"], "`tenon plugin verify hostile`"),
        (&["swap", "tools/work", "0.1.0"], "`tenon plugin swap hostile`"),
        (&["rollback", "tools/work"], "`tenon plugin rollback hostile`"),
        (&["upgrade", "tools/work", &file], "`tenon plugin upgrade hostile`"),
        (&["upgrade", "tools/work", "--approve"], "`tenon plugin upgrade hostile`"),
    ] {
        let said = plugin(&server, args).ends(11).stderr;
        assert!(said.contains("\"tools/work\" is a binding of hostile; "), "{args:?} {said}");
        assert!(said.contains(part), "{args:?} {said}");
    }
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
