//! The provider of OpenID Connect in the tests: npm's package `oidc-provider`, in a folder of its own.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::tool::{run, target, tool};

/// The newest that runs on Node.js 20.
const PACKAGE: &str = "oidc-provider@8";

/// Returns the folder whose `node_modules` has it, and installs it where it is missing.
pub(crate) fn install() -> Result<PathBuf> {
    let place = target("").join("tools/oidc");
    if !place.join("node_modules/oidc-provider").is_dir() {
        let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"];
        std::fs::create_dir_all(&place)
            .with_context(|| format!("failed to make {}", place.display()))?;
        run(tool("npm").args(npm).arg(&place).arg(PACKAGE))
            .with_context(|| format!("the tests of logins need npm's package {PACKAGE}"))?;
    }
    Ok(place)
}
