//! `tenon plugin dev`: an author edits a source, and the new plugin serves.

mod script;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::json;

use crate::author;
use crate::server_process::{PATIENCE, Server};
use crate::tenon::{root, tenon};

/// The command, and what it prints.
struct Dev {
    child: Child,
    lines: Receiver<String>,
}

impl Dev {
    fn start(folder: &Path, plugin: &str, server: &Server, flags: &[&str]) -> Self {
        let mut child = tenon(&["plugin", "dev", plugin, "--server", &server.url])
            .args(flags)
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", root().join("target/authors"))
            .env("CARGO_PROFILE_RELEASE_LTO", "false")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// Waits for a line that contains this.
    #[track_caller]
    fn says(&self, part: &str) -> String {
        loop {
            // A build on a busy machine takes its time.
            let line = self.lines.recv_timeout(4 * PATIENCE);
            let line = line.unwrap_or_else(|err| panic!("it does not say {part:?}: {err}"));
            if line.contains(part) {
                return line;
            }
        }
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the plugin what it says of an empty source.
async fn remark(server: &Server) -> String {
    let source = json!({ "source": "", "fileName": "a.lines" });
    let (_, answer) = server.post("/pipelines/validate", source).await;
    answer["diagnostics"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_an_author_saves_serves() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let server = Server::start(&here.join("data")).await;
    let sdk = author::sdk();
    let new = tenon(&["plugin", "new", "--kind", "language", "lines", "--sdk", &sdk])
        .current_dir(here)
        .output()
        .unwrap();
    assert!(new.status.success(), "{new:?}");
    let mut dev = Dev::start(here, "lines", &server, &[]);
    dev.says("building lines");
    let line = dev.says("serves");
    assert!(line.starts_with("lines 0.1.0 serves: built in "), "{line}");
    assert_eq!(remark(&server).await, "there is no command in it");

    let file = here.join("lines/src/lib.rs");
    let text = fs::read_to_string(&file).unwrap();
    let edit = |to: &str| fs::write(&file, text.replace("there is no command in it", to)).unwrap();
    edit("it is empty\"; mistake");
    dev.says("error");
    dev.says("not built: what served before serves on");
    assert_eq!(remark(&server).await, "there is no command in it");
    edit("it is empty");
    dev.says("swapped in");
    assert_eq!(remark(&server).await, "it is empty");
    edit("nothing is in it");
    dev.says("swapped in");
    assert_eq!(remark(&server).await, "nothing is in it");
    let shown = server.get("/plugins/lines").await.unwrap();
    assert_eq!(shown["versions"].as_array().unwrap().len(), 1, "each takes the place of the last");

    let pid = dev.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let last = dev.says("Ctrl-C");
    assert!(last.contains("`tenon plugin remove lines`"), "{last}");
    assert_eq!(dev.child.wait().unwrap().code(), Some(0));
    assert_eq!(remark(&server).await, "nothing is in it");
}

#[tokio::test]
async fn what_stands_in_the_way_is_known_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let dev = |url: &str| {
        let command = tenon(&["plugin", "dev", "--server", url]).current_dir(&folder).output();
        crate::tenon::Said::from(command.unwrap())
    };
    let said = dev("http://127.0.0.1:1").ends(12);
    assert!(said.stderr.contains("holds no plugin"), "{said:?}");
    fs::write(folder.path().join("plugin.py"), "").unwrap();
    let said = dev("http://127.0.0.1:1").ends(10);
    assert!(said.stderr.contains("tenon server"), "{said:?}");
}
