//! What we depend on is what `deny.toml` allows: its rules about licences, sources and bans, checked
//! with nothing but cargo. `cargo deny check` reads the same file, and adds the advisories.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::tenon::root;

/// The workspaces whose packages we ship or hand out.
const WORKSPACES: [&str; 3] = ["", "plugins", "sdk/rust"];

struct Rules {
    licenses: BTreeSet<String>,
    banned: BTreeSet<String>,
}

impl Rules {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        let rules: toml::Table = text.parse().unwrap();
        let words = |value: &toml::Value, field: Option<&str>| -> BTreeSet<String> {
            let items = value.as_array().unwrap().iter();
            items
                .map(|item| field.map_or(item, |field| &item[field]).as_str().unwrap().to_owned())
                .collect()
        };
        Self {
            licenses: words(&rules["licenses"]["allow"], None),
            banned: words(&rules["bans"]["deny"], Some("crate")),
        }
    }

    /// Returns what is wrong with a package that is not ours.
    fn judge(&self, package: &Value) -> Option<String> {
        let name = package["name"].as_str().unwrap();
        let source = package["source"].as_str().unwrap();
        if !source.starts_with("registry+") {
            return Some(format!("{name} comes from {source}, not from the registry"));
        }
        if self.banned.contains(name) {
            return Some(format!("{name} is banned"));
        }
        let Some(license) = package["license"].as_str() else {
            return Some(format!("{name} names no licence"));
        };
        let Ok(license) = Expression::parse_mode(license, ParseMode::LAX) else {
            return Some(format!("{name} has a licence that cannot be read: {license}"));
        };
        let is_allowed = license.evaluate(|wanted| self.licenses.contains(&wanted.to_string()));
        (!is_allowed).then(|| format!("{name} is under {license}"))
    }
}

fn packages(workspace: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(root().join(workspace))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn all_dependencies_are_allowed() {
    let rules = Rules::read();
    let mut findings = BTreeSet::new();
    for workspace in WORKSPACES {
        let packages = packages(workspace);
        let others: Vec<_> =
            packages.iter().filter(|package| !package["source"].is_null()).collect();
        assert!(!others.is_empty(), "{workspace:?} depends on nothing");
        findings.extend(others.into_iter().filter_map(|package| rules.judge(package)));
    }
    let findings: Vec<_> = findings.into_iter().collect();
    assert!(findings.is_empty(), "against deny.toml:\n  {}", findings.join("\n  "));
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    let rules = Rules::read();
    let judge = |license: &str, source: &str| {
        let package = serde_json::json!({ "name": "x", "source": source, "license": license });
        rules.judge(&package)
    };
    let registry = "registry+https://example.com/index";
    assert_eq!(judge("MIT OR GPL-3.0-only", registry), None);
    assert_eq!(judge("MIT/Apache-2.0", registry), None);
    assert!(judge("MIT AND GPL-3.0-only", registry).unwrap().contains("GPL-3.0-only"));
    assert!(judge("MIT", "git+https://example.com/x").unwrap().contains("git+"));
}
