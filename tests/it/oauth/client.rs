//! A client that others have written.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::{REDIRECT, World, query};
use crate::tenon::root;

/// Names the folder whose `node_modules` has the package.
const FOLDER: &str = "TENON_TEST_MCP";

/// A program that waits for what to do. Ends with the test.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// None, with a word why, where the package is not.
    fn start(resource: &str) -> Option<Self> {
        let named = std::env::var_os(FOLDER).map(PathBuf::from);
        let folder = named.unwrap_or_else(|| root().join("target/tools/mcp"));
        if !folder.join("node_modules/@modelcontextprotocol/sdk").is_dir() {
            println!(
                "skipped: {FOLDER} names no folder with @modelcontextprotocol/sdk; \
                 `cargo xtask test` installs it"
            );
            return None;
        }
        let mut child = Command::new("node")
            .arg(root().join("tests/it/oauth/client.mjs"))
            .arg(folder)
            .args([resource, REDIRECT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, input, output })
    }

    fn does(&mut self, what: Value) -> Value {
        writeln!(self.input, "{what}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{what}: {line}"));
        assert!(said.get("failed").is_none(), "{what}: {said}");
        said
    }

    fn calls(&mut self, path: &str) -> (u64, Value) {
        let said = self.does(json!({ "what": "call", "path": path }));
        (said["status"].as_u64().unwrap(), said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already gone is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_others_have_written_is_let_in() {
    let world = World::start(&[]).await;
    let Some(mut program) = Program::start(&world.url("/api/v1")) else { return };
    // It finds the server's description, registers, and shows an address.
    let said = program.does(json!({ "what": "auth", "scope": "view" }));
    assert_eq!(said["result"], "REDIRECT", "{said}");
    assert!(said["client"]["client_id"].as_str().unwrap().starts_with("client_"), "{said}");
    let (browser, page) = world.log_in(said["authorize"].as_str().unwrap()).await;
    for part in ["A real client", "user/ada", "value=\"read\" checked"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let to = world.let_in(&browser, &page, "run").await;
    assert!(to.as_str().starts_with(REDIRECT), "{to}");
    assert_eq!(query(&to, "state").as_deref(), Some("a state of its own"));
    assert_eq!(query(&to, "iss").as_deref(), Some(world.server.url.as_str()));
    let said = program.does(json!({ "what": "auth", "code": query(&to, "code").unwrap() }));
    assert_eq!(said["result"], "AUTHORIZED", "{said}");
    assert_eq!(said["tokens"]["scope"], "view run");

    let (status, said) = program.calls("/api/v1/whoami");
    assert_eq!(status, 200, "{said}");
    assert!(said["body"].as_str().unwrap().contains("\"via\":\"app\""), "{said}");
    let (status, said) = program.calls("/api/v1/users");
    assert_eq!((status, &said["challenge"]), (403, &Value::Null), "an editor may not either");
    let what = json!({ "what": "call", "path": "/api/v1/pipelines/x", "method": "DELETE" });
    let said = program.does(what);
    let challenge = said["challenge"].as_str().unwrap();
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    assert!(challenge.ends_with("scope=\"view run edit\""), "{challenge}");

    // With a refresh token it asks nobody again, also not after a crash.
    let world = world.crash().await;
    let before = said_tokens(&program.does(json!({ "what": "auth" })));
    let after = program.does(json!({ "what": "auth" }));
    assert_eq!(after["result"], "AUTHORIZED", "{after}");
    assert_ne!(said_tokens(&after), before);
    assert_eq!(program.calls("/api/v1/whoami").0, 200);

    let apps = world.said(&["app", "list", "--output", "json"]).ends(0).json().remove(0);
    assert_eq!(
        (&apps[0]["name"], &apps[0]["holder"]),
        (&json!("A real client"), &json!("user/ada"))
    );
    let shown = world.said(&["app", "list"]).ends(0);
    assert!(
        shown.stdout.contains("registration") && shown.stdout.contains("/api/v1"),
        "{shown:#?}"
    );
    let id = apps[0]["id"].as_str().unwrap();
    world.said(&["app", "revoke", id]).ends(0);
    assert_eq!(program.calls("/api/v1/whoami").0, 401);
    // It begins anew.
    let said = program.does(json!({ "what": "auth" }));
    assert_eq!(said["result"], "REDIRECT", "{said}");
    let again = world.said(&["app", "revoke", id]).ends(11);
    assert!(again.stderr.contains("there is no connected app"), "{again:#?}");
}

fn said_tokens(said: &Value) -> String {
    said["tokens"]["refresh_token"].as_str().unwrap().to_owned()
}
