//! What `tenon plugin new` makes in JavaScript and Python: a plugin of each kind, which passes its
//! tests and is what it should be.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::tool::{read, root, target, tool};

const KINDS: [&str; 11] = [
    "action", "cache", "gateway", "identity", "language", "launcher", "model", "notifier",
    "resource", "secrets", "webhook",
];

/// Makes, tests and checks a plugin of each kind in both languages. `python` has the SDK.
pub(crate) fn check(tenon: &Path, python: &Path) -> Result<()> {
    let place = target("").join("templates");
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(place.join("js/node_modules/@tenon"))?;
    fs::create_dir_all(place.join("python"))?;
    let sdk = root().join("sdk/js");
    symlink(&sdk, place.join("js/node_modules/@tenon/sdk"))?;
    // The environment around `bin/python`.
    let environment = python.ancestors().nth(2).context("the environment has no folder")?;
    let modules = place.join("js/node_modules");
    let builder = sdk.join("bin/tenon-plugin.js");
    for kind in KINDS {
        let folder = new(tenon, &place.join("js"), "js", kind)?;
        symlink(&modules, folder.join("node_modules"))?;
        tested(tenon, &folder)?;
        let check = read(tool("node").current_dir(&folder).arg(&builder).arg("check"))?;
        is(kind, "js", &check)?;

        let folder = new(tenon, &place.join("python"), "python", kind)?;
        symlink(environment, folder.join(".venv"))?;
        tested(tenon, &folder)?;
        let check = ["-m", "tenon_sdk", "check"];
        is(kind, "python", &read(tool(python).current_dir(&folder).args(check))?)?;
    }
    Ok(())
}

fn new(tenon: &Path, here: &Path, lang: &str, kind: &str) -> Result<PathBuf> {
    let name = format!("my-{kind}");
    let args = ["plugin", "new", "--kind", kind, &name, "--lang", lang];
    read(tool(tenon).current_dir(here).args(args))?;
    Ok(here.join(name))
}

fn tested(tenon: &Path, folder: &Path) -> Result<()> {
    let output = tool(tenon).args(["plugin", "test"]).arg(folder).output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(output.status.success(), "the tests of {} fail:\n{said}", folder.display());
    Ok(())
}

fn is(kind: &str, lang: &str, checked: &str) -> Result<()> {
    let line = checked.lines().find_map(|line| line.trim().strip_prefix("is "));
    let found = line.map(str::trim).unwrap_or_default();
    ensure!(found == kind, "the template for {kind} in {lang} is {found:?}:\n{checked}");
    Ok(())
}
