//! The SDKs as packages, built the way they would be published.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::sdk;
use crate::tool::{read, root, run, target, tool};

/// Where the packages are.
#[derive(Debug)]
pub(crate) struct Packages {
    /// The tarball of `@tenon/sdk`.
    pub(crate) npm: PathBuf,
    /// The folder with the wheel of `tenon-sdk`.
    pub(crate) wheels: PathBuf,
    /// The folder with the crates, as they are published.
    pub(crate) rust: PathBuf,
}

/// Builds all packages.
pub(crate) fn build() -> Result<Packages> {
    let place = target("").join("packages");
    let (npm, wheels) = (place.join("npm"), place.join("wheels"));
    for dir in [&npm, &wheels] {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::create_dir_all(dir).with_context(|| format!("failed to make {}", dir.display()))?;
    }
    let js = root().join("sdk/js");
    install(&js)?;
    let packed = tool("npm")
        .current_dir(&js)
        .args(["pack", "--silent", "--pack-destination"])
        .arg(&npm)
        .output()
        .context("the examples need npm: install Node.js 20 or newer")?;
    let said = String::from_utf8_lossy(&packed.stderr).into_owned();
    anyhow::ensure!(packed.status.success(), "npm pack failed:\n{said}");
    run(tool("python3")
        .args(["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"])
        .arg(&wheels)
        .arg(root().join("sdk/python")))?;
    let rust = place.join("rust");
    sdk::pack(Some(rust.clone()))?;
    Ok(Packages { npm: only(&npm)?, wheels, rust })
}

/// Installs what the package in JavaScript is built and tested with.
pub(crate) fn install(js: &Path) -> Result<()> {
    if js.join("node_modules/typescript").is_dir() {
        return Ok(());
    }
    let quiet = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    run(tool("npm").current_dir(js).args(quiet))
}

/// Returns the environment of Python that has the SDK, made where it is missing.
pub(crate) fn python(packages: &Packages) -> Result<PathBuf> {
    let place = target("").join("packages/venv");
    if !place.join("bin/python").exists() {
        run(tool("python3").args(["-m", "venv"]).arg(&place))?;
    }
    let pip = place.join("bin/pip");
    let wheel = only(&packages.wheels)?;
    run(tool(&pip).args(["install", "--quiet", "--disable-pip-version-check"]).arg(&wheel))?;
    // The version stays the same while the package changes.
    let again = ["install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(tool(&pip).args(again).arg("--force-reinstall").arg(&wheel))?;
    let python = place.join("bin/python");
    read(tool(&python).args(["-c", "import tenon_sdk"]))?;
    Ok(python)
}

fn only(dir: &Path) -> Result<PathBuf> {
    let first = fs::read_dir(dir)?.next().context("nothing was packed")??;
    Ok(first.path())
}
