//! The first thing to look at: a pipeline, run by a release build.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::plugins;
use crate::tool::{answers, cargo, root, run, target, tool};

/// The pipeline, relative to the repository that it builds.
const PIPELINE: &str = "examples/pipelines/ci.yml";

/// Builds the plugins and the server, and runs the example.
pub(crate) fn show() -> Result<()> {
    ensure!(answers("git", &["--version"]), "the demo needs git: install it, then try again");
    plugins::build()?;
    run(cargo("").args(["build", "--release", "--package", "kernel-server", "--bin", "tenon"]))?;
    let tenon = target("").join("release/tenon");
    let repository = repository()?;
    println!("\n$ tenon run {PIPELINE}\n");
    run(tool(tenon).current_dir(repository).args(["run", PIPELINE]))
}

/// Returns the repository to build: this one, or a fresh one when this is no checkout.
fn repository() -> Result<PathBuf> {
    if answers("git", &["rev-parse", "--verify", "--quiet", "HEAD"]) {
        return Ok(root().to_owned());
    }
    let place = target("").join("demo");
    if place.exists() {
        fs::remove_dir_all(&place)
            .with_context(|| format!("failed to remove {}", place.display()))?;
    }
    copy(&root().join("examples"), &place.join("examples"))?;
    let git = |args: &[&str]| run(tool("git").current_dir(&place).args(args));
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["add", "--all"])?;
    let author = ["-c", "user.name=Tenon", "-c", "user.email=demo@tenon.invalid"];
    git(&[&author[..], &["commit", "--quiet", "--message=Show what Tenon does"]].concat())?;
    Ok(place)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("failed to make {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), &place)
                .with_context(|| format!("failed to write {}", place.display()))?;
        }
    }
    Ok(())
}
