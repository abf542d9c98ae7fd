//! The architecture, as tests: what a crate may name, how files look, what must not be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates a crate may depend on. Arrows point down, never sideways.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel-model", &[]),
    ("wit-envelope", &[]),
    ("kernel-wire", &[]),
    ("kernel-ports", &["kernel-model", "wit-envelope"]),
    ("kernel-auth", &["kernel-model", "kernel-ports"]),
    ("kernel-scheduler", &["kernel-model", "kernel-ports", "wit-envelope"]),
    ("kernel-store-memory", &["kernel-model", "kernel-ports", "wit-envelope"]),
    ("kernel-store-sqlite", &["kernel-model", "kernel-ports", "wit-envelope"]),
    ("kernel-blob", &["kernel-model", "kernel-ports", "wit-envelope"]),
    ("kernel-process", &["kernel-model", "kernel-ports"]),
    ("kernel-keyring", &["kernel-ports"]),
    ("kernel-redact", &[]),
    ("kernel-host", &["kernel-model", "kernel-ports", "sdk-native", "wit-envelope"]),
    ("sdk-native", &[]),
    ("native-pkcs11", &["sdk-native"]),
    (
        "kernel-http",
        &[
            "kernel-auth",
            "kernel-model",
            "kernel-ports",
            "kernel-scheduler",
            "kernel-wire",
            "wit-envelope",
        ],
    ),
    ("kernel-package", &[]),
    ("kernel-settings", &["kernel-model"]),
    (
        "tenon-test",
        &[
            "kernel-blob",
            "kernel-host",
            "kernel-model",
            "kernel-ports",
            "kernel-store-memory",
            "wit-envelope",
        ],
    ),
    ("kernel-cli", &["kernel-package", "kernel-wire"]),
    ("xtask", &["wit-envelope"]),
];

/// What one crate is there for, so that no other names it. `kernel-server` and `tests` may name all.
const OWNED: &[(&str, &str)] = &[
    ("rusqlite", "kernel-store-sqlite"),
    ("postgres", "kernel-store-postgres"),
    ("tokio-postgres", "kernel-store-postgres"),
    ("opendal", "kernel-blob"),
    ("wasmtime", "kernel-host"),
    ("wasmtime-wasi", "kernel-host"),
    ("libloading", "kernel-host"),
    ("axum", "kernel-http"),
    ("chacha20poly1305", "kernel-keyring"),
];

/// What the model does without: no I/O, no clock, no randomness, no async, no serde.
const MODEL_DEPENDENCIES_MAX: usize = 0;

/// Names of files that say nothing about what is in them.
const NAMELESS: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "types", "mod"];

/// Vendors, products and syntaxes: the kernel knows none of them.
const VENDORS: &[&str] = &[
    "docker",
    "github",
    "gitlab",
    "bitbucket",
    "concourse",
    "kubernetes",
    "slack",
    "openai",
    "anthropic",
    "pocketci",
    "coflux",
    "flow8",
];

const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || name == "target" || name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| extensions.iter().any(|known| e == *known)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<PathBuf> {
    let files = files(".", &["rs"]);
    assert!(files.len() > 50, "the tree is not where it was: {} files", files.len());
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// Fails with all findings at once.
#[track_caller]
fn none(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n  {}", findings.join("\n  "));
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

/// The names of what a package depends on when it runs.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    let all = package["dependencies"].as_array().unwrap();
    all.iter().filter(|d| d["kind"].is_null()).map(name).collect()
}

#[test]
fn a_crate_depends_on_what_is_below_it_only() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    let mut findings = Vec::new();
    for package in &packages {
        let from = name(package);
        if matches!(from, "kernel-server" | "tests") {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == from) else {
            findings.push(format!("{from} is not in the table of arrows"));
            continue;
        };
        let wrong = dependencies(package).into_iter();
        let wrong = wrong.filter(|to| ours.contains(to) && !allowed.contains(to));
        findings.extend(wrong.map(|to| format!("{from} must not depend on {to}")));
    }
    none("arrows that do not point down", &findings);
}

#[test]
fn what_a_crate_is_there_for_no_other_crate_names() {
    let mut findings = Vec::new();
    for package in packages() {
        let from = name(&package).to_owned();
        if matches!(from.as_str(), "kernel-server" | "tests") {
            continue;
        }
        for (dependency, owner) in OWNED {
            if from != *owner && dependencies(&package).contains(dependency) {
                findings.push(format!("{from} names {dependency}, which is {owner}'s"));
            }
        }
    }
    none("dependencies in the wrong crate", &findings);
}

#[test]
fn the_model_depends_on_nothing() {
    let packages = packages();
    let model = packages.iter().find(|package| name(package) == "kernel-model").unwrap();
    let dependencies = dependencies(model);
    assert_eq!(dependencies.len(), MODEL_DEPENDENCIES_MAX, "{dependencies:?}");
}

#[test]
fn a_crate_is_called_as_its_folder() {
    let mut findings = Vec::new();
    for package in packages() {
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let folder = shown(manifest.parent().unwrap());
        // Authors depend on it by name, so it has the product's.
        let is_kit = folder == "sdk/test" && name(&package) == "tenon-test";
        if !is_kit && folder.replace('/', "-") != name(&package) {
            findings.push(format!("{} lies in {folder}", name(&package)));
        }
    }
    none("crates whose name is not their path", &findings);
}

#[test]
fn each_file_says_what_it_is_for_and_stays_small() {
    let mut findings = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let is_test =
            path.ends_with("tests.rs") || path.components().any(|c| c.as_os_str() == "tests");
        if !is_test && !text.starts_with("//!") {
            findings.push(format!("{} does not begin with `//!`", shown(&path)));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            findings.push(format!("{} has {lines} lines, more than {LINES_MAX}", shown(&path)));
        }
    }
    none("files", &findings);
}

#[test]
fn each_file_is_named_by_a_noun_of_its_own() {
    let nameless = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        NAMELESS.contains(&stem.as_str())
    };
    let findings: Vec<String> =
        rust_files().iter().filter(|path| nameless(path)).map(|path| shown(path)).collect();
    none("files whose name says nothing", &findings);
}

#[test]
fn the_kernel_knows_no_vendor() {
    let mut findings = Vec::new();
    for path in files("kernel", &["rs", "toml", "sql", "json"]) {
        // Knows the names that a setting has in the systems that we replace.
        if shown(&path).starts_with("kernel/settings/src/setting_names") {
            continue;
        }
        // The signed payload has the fields that its published format gives it.
        if path.ends_with("package/src/simple_signing.rs") {
            continue;
        }
        // Tests run a registry and copy into it, by the names of those programs.
        if shown(&path).starts_with("kernel/package/tests/") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().to_lowercase();
        for (number, line) in text.lines().enumerate() {
            for vendor in VENDORS {
                if line.contains(vendor) {
                    findings.push(format!("{}:{}: {vendor}", shown(&path), number + 1));
                }
            }
        }
    }
    none("names of vendors in the kernel", &findings);
}

#[test]
fn each_decision_is_indexed() {
    let index = fs::read_to_string(root().join("kernel/adr/README.md")).unwrap();
    let mut count = 0;
    let mut findings = Vec::new();
    for path in files("kernel/adr", &["md"]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "README.md" {
            continue;
        }
        count += 1;
        if !index.contains(&name) {
            findings.push(name);
        }
    }
    assert!(count > 0, "there are no decisions in kernel/adr");
    none("decisions that kernel/adr/README.md does not list", &findings);
}

#[test]
fn each_page_of_the_book_is_in_its_contents() {
    let contents = fs::read_to_string(root().join("docs/src/SUMMARY.md")).unwrap();
    let pages = files("docs/src", &["md"]);
    let pages = pages.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    let missing: Vec<String> =
        pages.filter(|name| name != "SUMMARY.md" && !contents.contains(name)).collect();
    none("pages that docs/src/SUMMARY.md does not list", &missing);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Put together here, so that this file does not find itself.
    let banned = [
        ["#[ig", "nore"].concat(),
        ["should_", "panic"].concat(),
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["thread::sl", "eep("].concat(),
    ];
    let mut findings = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.ends_with("tests.rs") || shown(&path).starts_with("tests/it");
        for word in &banned {
            // Programs may sleep; tests wait for a level.
            if word.contains("thread") && !is_test {
                continue;
            }
            if text.contains(word.as_str()) {
                findings.push(format!("{}: {word}", shown(&path)));
            }
        }
    }
    none("left undone", &findings);
}
