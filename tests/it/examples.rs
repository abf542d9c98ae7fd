//! Every example runs, ends as its head says, and gives the tree that lies next to it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect_file;
use serde_json::Value;

use crate::tenon::{root, said};

/// What the head of an example says.
struct Head {
    /// The arguments after `tenon`.
    args: Vec<String>,
    exit: i32,
}

fn head(file: &Path) -> Head {
    let text = fs::read_to_string(file).unwrap();
    let line = |key: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
        found.unwrap_or_else(|| panic!("{} has no line `{key} …`", file.display())).to_owned()
    };
    let run = line("# run: tenon ");
    Head {
        args: run.split(' ').map(str::to_owned).collect(),
        exit: line("# exit:").parse().unwrap(),
    }
}

/// A repository with the program that the examples build.
pub(crate) fn repository(folder: &Path) {
    let hello = folder.join("examples/pipelines/hello");
    fs::create_dir_all(&hello).unwrap();
    for file in fs::read_dir(root().join("examples/pipelines/hello")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), hello.join(file.file_name())).unwrap();
    }
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(folder).output().unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "commit",
        "-q",
        "-m",
        "Say hello",
    ]);
}

/// Returns the tree with states and without times.
fn tree(end: &Value) -> String {
    fn below(steps: &[Value], parent: &Value, depth: usize, text: &mut String) {
        for step in steps.iter().filter(|step| step["parent"] == *parent) {
            let word = |key: &str| step[key].as_str().unwrap_or_default();
            let indent = "  ".repeat(depth);
            let message = step["message"].as_str().map(|m| format!(": {m}")).unwrap_or_default();
            let line =
                format!("{indent}{} [{}] {}{message}", word("name"), word("kind"), word("status"));
            writeln!(text, "{line}").unwrap();
            below(steps, &step["number"], depth + 1, text);
        }
    }
    let mut text = String::new();
    let run = &end["run"];
    let message = run["message"].as_str().map(|m| format!(": {m}")).unwrap_or_default();
    writeln!(text, "run {}{message}", run["status"].as_str().unwrap()).unwrap();
    below(end["steps"].as_array().unwrap(), &Value::Null, 1, &mut text);
    text
}

#[test]
fn every_example_does_what_its_head_says() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path());
    let cwd = format!("cwd={}", folder.path().display());
    let pipelines = root().join("examples/pipelines");
    let mut files: Vec<PathBuf> = fs::read_dir(&pipelines)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert!(files.len() >= 10, "{files:?}");
    for file in files {
        let head = head(&file);
        let relative =
            format!("examples/pipelines/{}", file.file_name().unwrap().to_string_lossy());
        assert_eq!(head.args[..2], ["run".to_owned(), relative], "the head names another file");
        let path = file.display().to_string();
        let mut args = vec!["run", &path];
        args.extend(head.args[2..].iter().map(String::as_str));
        args.extend(["--arg", &cwd, "--output", "json"]);
        let said = said(&args).ends(head.exit);
        let end = said.json().pop().unwrap()["end"].clone();
        expect_file![file.with_extension("tree")].assert_eq(&tree(&end));
    }
}

#[test]
fn the_secret_of_the_example_is_never_shown() {
    let path = root().join("examples/pipelines/secrets.yml").display().to_string();
    let said = said(&["run", &path, "--secret", "token=hunter22-and-more"]).ends(0);
    assert!(!said.stdout.contains("hunter22"), "{}", said.stdout);
    assert!(said.stdout.contains("printed by mistake: ***"), "{}", said.stdout);
}
