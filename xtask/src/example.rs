//! The examples of plugins, as a stranger would try them: each README is followed to the letter, in
//! a folder of its own outside of this repository, with the SDKs as packages.

mod packages;
mod readme;
mod registry;
mod templates;

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::sdk;
use crate::tool::{root, run, target, tool};
use packages::Packages;
use readme::Readme;
use registry::Registry;

/// Follows the READMEs below `examples/plugins`, or the one that is named.
pub(crate) fn follow(only: Option<&str>) -> Result<()> {
    let tenon = tenon();
    ensure!(
        tenon.is_file(),
        "the examples need {}: run `cargo build --workspace --bins` first",
        tenon.display()
    );
    let packages = packages::build()?;
    let registry = Registry::start(&packages.npm)?;
    let place = env::temp_dir().join(format!("tenon-examples-{}", std::process::id()));
    let followed = names()?
        .into_iter()
        .filter(|name| only.is_none_or(|only| only == name))
        .try_for_each(|name| one(&name, &place, &packages, &registry));
    // What is left over harms nobody.
    let _ = fs::remove_dir_all(&place);
    followed
}

/// Runs the tests of the SDKs for JavaScript and Python, the latter as it is installed, and looks at
/// what `tenon plugin new` makes with them.
pub(crate) fn test_sdks() -> Result<()> {
    let packages = packages::build()?;
    run(tool("npm").current_dir(root().join("sdk/js")).args(["test", "--silent"]))?;
    let python = packages::python(&packages)?;
    let tests = ["-m", "unittest", "discover", "--quiet", "--start-directory", "tests"];
    run(tool(&python).current_dir(root().join("sdk/python")).args(tests))?;
    templates::check(&tenon(), &python)
}

/// Returns the binary to follow them with: what is named, as for the tests, or the one of this tree.
fn tenon() -> PathBuf {
    let named = env::var_os("TENON_TESTED_BINARY").map(PathBuf::from);
    named.unwrap_or_else(|| target("").join("debug/tenon"))
}

fn names() -> Result<Vec<String>> {
    let folder = root().join("examples/plugins");
    let entries = fs::read_dir(&folder);
    let mut names = Vec::new();
    for entry in entries.with_context(|| format!("failed to list {}", folder.display()))? {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn one(name: &str, place: &Path, packages: &Packages, registry: &Registry) -> Result<()> {
    let began = Instant::now();
    let from = root().join("examples/plugins").join(name);
    let here = place.join(name);
    copy(&from, &here)?;
    prepare(place, &here, packages)?;
    fs::write(here.join(".npmrc"), format!("@tenon:registry={}\n", registry.url()))?;
    let path = from.join("README.md");
    let text = fs::read_to_string(&path);
    let text = text.with_context(|| format!("{name} needs a README.md that can be followed"))?;
    let readme = Readme::read(&text)?;
    let tenon = tenon();
    let tenon = tenon.parent().unwrap_or(root());
    let path = env::var("PATH").unwrap_or_default();
    let output = tool("sh")
        .current_dir(&here)
        .args(["-e", "-u", "-c", &readme.script()])
        .env("PATH", format!("{}:{path}", tenon.display()))
        .env("PIP_FIND_LINKS", links(&packages.wheels))
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("XDG_CACHE_HOME", target("").join("examples/cache"))
        .env("PORT", registry::free_port()?.to_string())
        .env_remove("CARGO_TARGET_DIR")
        .stdin(Stdio::null())
        .output()
        .context("failed to start sh")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "following the README of {name} ended with {}:\n{said}",
        output.status
    );
    readme.compare(&said).with_context(|| format!("the README of {name}"))?;
    println!("{name:<20} followed in {:>5.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// Gives cargo the SDK as it would come from its registry, and a place to build that stays.
fn prepare(place: &Path, here: &Path, packages: &Packages) -> Result<()> {
    let config = place.join(".cargo");
    fs::create_dir_all(&config)?;
    let mut text = "[patch.crates-io]\n".to_owned();
    for (name, folder) in sdk::unpacked(&packages.rust)? {
        text.push_str(&format!("{name} = {{ path = \"{}\" }}\n", folder.display()));
    }
    fs::write(config.join("config.toml"), text)?;
    if here.join("Cargo.toml").is_file() {
        // One for all, so that what they share is compiled once.
        let built = target("").join("examples/rust");
        fs::create_dir_all(&built)?;
        symlink(&built, here.join("target"))?;
    }
    Ok(())
}

/// Adds the wheels to where pip looks already.
fn links(wheels: &Path) -> String {
    let before = env::var("PIP_FIND_LINKS").unwrap_or_default();
    format!("{} {before}", wheels.display()).trim().to_owned()
}

/// Copies what a stranger would find: no results of builds.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let made = ["target", "node_modules", ".venv", "plugins", "__pycache__", "Cargo.lock"];
    fs::create_dir_all(to).with_context(|| format!("failed to make {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name: PathBuf = entry.file_name().into();
        if made.iter().any(|made| name.as_os_str() == *made) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(&name))?;
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}
