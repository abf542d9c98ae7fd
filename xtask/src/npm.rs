//! Programs of others that the tests meet: packages of npm, each in a folder of its own.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::tool::{run, target, tool};

/// A package, what it is for, and where it goes.
pub(crate) struct Package {
    /// With its version.
    wanted: &'static str,
    name: &'static str,
    folder: &'static str,
    needed_by: &'static str,
}

/// A provider of OpenID Connect. The newest that runs on Node.js 20.
pub(crate) const OIDC: Package = Package {
    wanted: "oidc-provider@8",
    name: "oidc-provider",
    folder: "tools/oidc",
    needed_by: "the tests of logins",
};

/// A program that asks people for access by OAuth.
pub(crate) const MCP: Package = Package {
    wanted: "@modelcontextprotocol/sdk@1.32.2",
    name: "@modelcontextprotocol/sdk",
    folder: "tools/mcp",
    needed_by: "the tests of OAuth",
};

/// Returns the folder whose `node_modules` has it, and installs it where it is missing.
pub(crate) fn install(package: &Package) -> Result<PathBuf> {
    let Package { wanted, name, folder, needed_by } = package;
    let place = target("").join(folder);
    if !place.join("node_modules").join(name).is_dir() {
        let npm = ["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix"];
        std::fs::create_dir_all(&place)
            .with_context(|| format!("failed to make {}", place.display()))?;
        run(tool("npm").args(npm).arg(&place).arg(wanted))
            .with_context(|| format!("{needed_by} need npm's package {wanted}"))?;
    }
    Ok(place)
}
