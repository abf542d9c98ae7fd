//! The READMEs of what ships: each is there, names all that its manifest has, and its example works.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tenon::{root, tenon};

/// Returns the folders of all plugins.
fn folders() -> Vec<PathBuf> {
    let within = |place: &str| fs::read_dir(root().join(place)).unwrap();
    let entries = within("plugins").chain(within("native")).map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> =
        entries.filter(|path| path.join("Cargo.toml").is_file()).collect();
    folders.sort();
    assert!(folders.len() > 10, "{folders:?}");
    folders
}

fn readme(folder: &Path) -> String {
    let file = folder.join("README.md");
    fs::read_to_string(&file).unwrap_or_else(|err| panic!("{}: {err}", file.display()))
}

/// Returns what the README of a plugin must name: what it asks for, and what can be set.
fn named(manifest: &Value) -> BTreeSet<String> {
    let keys = |schema: &Value| -> Vec<String> {
        let properties = schema["properties"].as_object();
        properties.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let requests = manifest["requests"].as_array().into_iter().flatten();
    let capability = |request: &Value| request["capability"].as_str().unwrap().to_owned();
    let mut names: BTreeSet<String> = requests.map(capability).collect();
    names.extend(keys(&manifest["config"]));
    for part in ["source", "getParams", "putParams"] {
        names.extend(keys(&manifest["resource"][part]));
    }
    names
}

#[test]
fn each_plugin_has_a_readme_that_names_all_that_it_takes_and_asks_for() {
    let mut missing = Vec::new();
    for folder in folders() {
        let text = readme(&folder);
        assert!(text.starts_with("# "), "{}: a README begins with its title", folder.display());
        let Ok(manifest) = fs::read_to_string(folder.join("manifest.json")) else { continue };
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        for name in named(&manifest) {
            if !text.contains(&format!("`{name}`")) {
                missing.push(format!("{}: {name}", folder.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not named in the README: {missing:#?}");
}

/// What a README lets a reader do.
#[derive(Default)]
struct Example {
    /// Files to write, by name: blocks below a line such as `` `ci.yml`: ``.
    files: Vec<(String, String)>,
    /// The blocks of `sh`, one after the other.
    script: String,
    /// The lines of the blocks of `text`, which must be printed.
    printed: Vec<String>,
}

fn example(text: &str) -> Example {
    let mut example = Example::default();
    let (mut open, mut before, mut block) = (None, "", String::new());
    for line in text.lines() {
        match (open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some(language),
            (None, None) if !line.is_empty() => before = line,
            (None, None) => {}
            (Some(language), Some(_)) => {
                let name = before.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
                match (language, name) {
                    ("sh", _) => example.script.push_str(&block),
                    ("text", _) => example.printed.extend(block.lines().map(str::to_owned)),
                    (_, Some(name)) => example.files.push((name.to_owned(), block.clone())),
                    (_, None) => {}
                }
                (open, before) = (None, "");
                block.clear();
            }
            (Some(_), None) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    example
}

#[test]
fn the_examples_of_the_readmes_work() {
    let mut followed = 0;
    for folder in folders() {
        let Example { files, script, printed } = example(&readme(&folder));
        if printed.is_empty() || script.is_empty() {
            continue;
        }
        let place = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(place.path().join(name), text).unwrap();
        }
        let binary = tenon(&[]).get_program().to_owned();
        let binary = Path::new(&binary).parent().unwrap().display().to_string();
        let path = format!("{binary}:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-euc", &script]).current_dir(place.path()).env("PATH", path);
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{}:\n{said}", folder.display());
        for line in printed {
            assert!(said.contains(&line), "{}: {line:?} is not in:\n{said}", folder.display());
        }
        followed += 1;
    }
    assert!(followed >= 4, "{followed} examples were found");
}
