//! The server that speaks S3 in the tests: Python's package `moto`, in an environment of its own.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::tool::{answers, run, target, tool};

/// Returns where its program is, and installs it where it is missing.
pub(crate) fn install() -> Result<PathBuf> {
    let place = target("").join("tools/moto");
    let program = place.join("bin/moto_server");
    if !answers(&program.display().to_string(), &["--help"]) {
        run(tool("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", "moto[server]"];
        run(tool(place.join("bin/pip")).args(pip))
            .context("the tests of secrets in S3 need Python's package moto[server]")?;
    }
    Ok(program)
}
