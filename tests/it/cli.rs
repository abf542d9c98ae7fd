//! The command line from outside: what it prints, and how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::examples::repository;
use crate::tenon::{Said, root, said, tenon};

const HELLO: &str = "\
jobs:
  - name: hello
    plan:
      - task: greet
        config:
          platform: linux
          outputs: [{name: out}]
          run: {path: sh, args: [-c, 'echo hello; echo kept > out/file.txt']}
        artifacts: [out/file.txt]
";

const SLEEP: &str = "\
jobs:
  - name: long
    plan:
      - task: sleep
        config: {platform: linux, run: {path: sh, args: [-c, 'echo begun; exec sleep 600']}}
";

fn write(folder: &Path, name: &str, source: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, source).unwrap();
    path.display().to_string()
}

/// A server of its own, ended when it is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let data = data.display().to_string();
        let address = ["--listen", "127.0.0.1:0", "--no-auth"];
        let args = [&["server", "--log", "json", "--data", &data], &address[..]].concat();
        let mut child = tenon(&args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready =
            lines.by_ref().map(|line| line.unwrap()).find(|line| line.contains("server ready"));
        let ready: Value = serde_json::from_str(&ready.expect("the server ended at once")).unwrap();
        // Somebody must read on, or the server would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { url: format!("http://{}", ready["address"].as_str().unwrap()), child }
    }

    fn said(&self, args: &[&str]) -> Said {
        said(&[args, &["--server", &self.url]].concat())
    }

    /// As `said`, started in a folder.
    fn said_in(&self, folder: &Path, args: &[&str]) -> Said {
        let args = [args, &["--server", &self.url]].concat();
        tenon(&args).current_dir(folder).output().unwrap().into()
    }

    fn stop(mut self) -> Option<i32> {
        signal(&self.child, "TERM");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_pipeline_with_mistakes_is_refused_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "ci.yml", "jobs:\n  - name: hello\n    plna: []\n");
    let said = said(&["run", &file]).ends(2);
    assert!(said.stderr.contains("error["), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("--> {file}:3:5")), "{}", said.stderr);
    assert!(said.stderr.contains("3 |     plna: []"), "{}", said.stderr);
    assert!(said.stderr.contains("^^^^"), "{}", said.stderr);
}

#[test]
fn a_missing_file_is_an_error_of_this_side() {
    let said = said(&["run", "/no/such.yml"]).ends(12);
    assert!(
        said.stderr.starts_with("error: failed to read the pipeline /no/such.yml"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_way_out() {
    let said = said(&["runs", "list", "-s", "http://127.0.0.1:1"]).ends(10);
    assert!(
        said.stderr.contains("no tenon server answers at http://127.0.0.1:1"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("tenon server"), "{}", said.stderr);
}

#[test]
fn a_run_ends_as_its_work_does() {
    let folder = tempfile::tempdir().unwrap();
    for (script, code) in [("exit 0", 0), ("exit 3", 1)] {
        let source = HELLO.replace("echo hello;", &format!("{script};"));
        let source = source.replace("        artifacts: [out/file.txt]\n", "");
        let file = write(folder.path(), "ci.yml", &source);
        said(&["run", &file]).ends(code);
    }
    let file = write(folder.path(), "long.yml", SLEEP);
    said(&["run", &file, "--timeout", "300ms"]).ends(4);
}

#[test]
fn output_that_is_no_terminal_has_neither_colours_nor_cursor_movements() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "ci.yml", HELLO);
    let said = said(&["run", &file]).ends(0);
    assert!(!said.stdout.contains('\u{1b}'), "{:?}", said.stdout);
    for line in ["▸ hello/greet begins", "hello/greet │ hello", "  out/file.txt  5 B"] {
        assert!(said.stdout.lines().any(|found| found == line), "{line:?} in {}", said.stdout);
    }
    assert!(said.stdout.contains("✓ ci #1 succeeded in "), "{}", said.stdout);
}

#[test]
fn programs_get_a_document_per_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "ci.yml", HELLO);
    let lines = said(&["run", &file, "--output", "json"]).ends(0).json();
    assert_eq!(lines[0]["event"]["event"], "started");
    assert!(lines.iter().any(|line| line["log"]["text"] == "hello\n"), "{lines:#?}");
    assert_eq!(lines.last().unwrap()["end"]["run"]["status"], "succeeded");
}

#[test]
fn ctrl_c_asks_the_run_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "long.yml", SLEEP);
    let mut child = tenon(&["run", &file]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    assert!(lines.by_ref().any(|line| line.ends_with("│ begun")));
    signal(&child, "INT");
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("asked the run to stop")), "{rest:#?}");
    assert_eq!(child.wait().unwrap().code(), Some(5), "{rest:#?}");
}

#[test]
fn a_server_keeps_pipelines_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "hello.yml", HELLO);
    let data = folder.path().join("data");
    let server = Server::start(&data);
    server.said(&["pipeline", "validate", &file]).ends(0);
    let set = server.said(&["pipeline", "set", &file]).ends(0);
    assert_eq!(set.stdout, "hello is at version 1 now\n");
    assert!(server.said(&["pipeline", "set", &file]).ends(0).stdout.contains("has not changed"));
    assert_eq!(server.said(&["pipeline", "get", "hello"]).ends(0).stdout, HELLO);
    server.said(&["pipeline", "run", "hello"]).ends(0);
    let runs = server.said(&["runs", "list", "--output", "json"]).ends(0).json();
    let run = runs[0][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.said(&["runs", "logs", &run]).ends(0).stdout, "hello/greet │ hello\n");
    let get = ["runs", "artifact", "get", &run, "out/file.txt", "--to", "-"];
    assert_eq!(server.said(&get).ends(0).stdout, "kept\n");
    assert!(server.said(&["runs", "show", &run]).ends(0).stdout.contains("✓ hello #1 succeeded"));
    let again = server.said(&["runs", "rerun", &run, "--follow"]).ends(0);
    assert!(again.stdout.contains("✓ hello #2 succeeded"), "{}", again.stdout);

    server.said(&["pipeline", "pause", "hello"]).ends(0);
    let refused = server.said(&["pipeline", "trigger", "hello"]).ends(11);
    assert!(refused.stderr.contains("is paused"), "{}", refused.stderr);
    let unknown = server.said(&["pipeline", "show", "helo"]).ends(11);
    assert!(unknown.stderr.contains("hello"), "{}", unknown.stderr);
    let listed = server.said(&["plugin", "list"]).ends(0);
    assert!(listed.stdout.contains("launcher-process"), "{}", listed.stdout);

    // The folder belongs to this server; another one is told so.
    let second =
        said(&["server", "--listen", "127.0.0.1:0", "--data", &data.display().to_string()]);
    let second = second.ends(12);
    assert!(second.stderr.contains("error: "), "{}", second.stderr);

    assert_eq!(server.stop(), Some(0));
    let server = Server::start(&data);
    let runs = server.said(&["runs", "list", "--output", "json"]).ends(0).json();
    assert_eq!(runs[0].as_array().unwrap().len(), 2);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_server_runs_the_first_example() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    repository(folder.path());
    let file = root().join("examples/pipelines/ci.yml").display().to_string();
    let server = Server::start(data.path());
    let set = server.said_in(folder.path(), &["pipeline", "set", &file]).ends(0);
    assert!(set.stdout.contains("ci is at version 1 now"), "{set:#?}");
    let here = folder.path().canonicalize().unwrap();
    assert!(set.stderr.contains(&format!("((cwd)) is {}", here.display())), "{set:#?}");
    let run = server.said(&["pipeline", "run", "ci"]).ends(0);
    assert!(run.stdout.contains("hello, tenon"), "{run:#?}");
    assert!(run.stdout.contains("dist/hello.tar.gz"), "{run:#?}");
}

#[test]
fn a_server_that_asks_nobody_does_not_start_where_others_can_reach_it() {
    let said = said(&["server", "--listen", "0.0.0.0:0", "--no-auth"]).ends(12);
    assert!(said.stderr.contains("--no-auth-public"), "{}", said.stderr);
}

#[test]
fn start_up_errors_name_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let base = ["server", "--listen", "127.0.0.1:0", "--data", &data];
    let message = |args: &[&str]| said(&[&base[..], args].concat()).ends(12).stderr;
    assert!(message(&["--plugins", "/no/such"]).contains("create it, or leave out --plugins"));
    assert!(message(&["--log-level", "a=b=c"]).contains("expected error, warn, info"));
    assert!(message(&["--grant", "p=teleport"]).contains("there is no such capability"));
    let file = write(folder.path(), "file", "");
    let said = said(&["server", "--listen", "127.0.0.1:0", "--data", &file]).ends(12);
    assert!(said.stderr.contains("name another with --data"), "{}", said.stderr);
}

#[test]
fn a_file_that_is_no_plugin_is_not_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "p.wasm", "text");
    let said = said(&["plugin", "inspect", &file]).ends(12);
    assert!(said.stderr.starts_with(&format!("error: {file} cannot be used: ")), "{}", said.stderr);
}

#[test]
fn shells_can_complete_commands() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(said(&["completions", shell]).ends(0).stdout.contains("pipeline"), "{shell}");
    }
}

/// A step may run as another user, and still has its volumes.
#[test]
fn a_step_runs_as_another_user_when_the_server_is_root() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("user.yml");
    let script = "id -un; echo mine > out/file; cat out/file";
    let pipeline = format!(
        "jobs:\n- name: job\n  plan:\n  - task: as-nobody\n    config:\n      platform: linux\n      outputs: [{{name: out}}]\n      run: {{path: sh, args: [-euc, '{script}'], user: nobody}}\n"
    );
    fs::write(&file, pipeline).unwrap();
    let said = said(&["run", file.to_str().unwrap()]);
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if is_root {
        let said = said.ends(0);
        assert!(said.stdout.contains("│ nobody") && said.stdout.contains("│ mine"), "{said:#?}");
    } else {
        assert!(said.ends(3).stdout.contains("needs a server that runs as root"));
    }
}
