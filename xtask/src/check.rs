//! The whole check, as continuous integration runs it.

use anyhow::{Result, ensure};

use crate::tool::{add_wasm_target, answers, cargo, phase, run, target};
use crate::{example, moto, npm, plugins};

/// The workspaces: the kernel, its plugins, and what authors of plugins use.
const WORKSPACES: [&str; 3] = ["", "plugins", "sdk/rust"];

/// Checks everything; the last lines are the test runner's own summary.
pub(crate) fn everything() -> Result<()> {
    phase("tools", tools)?;
    phase("format", || each(&["fmt", "--all", "--check"]))?;
    phase("plugins", plugins::build)?;
    phase("lints", || {
        each(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    phase("tests of the sdk", || run(cargo("sdk/rust").args(["test", "--quiet"])))?;
    phase("tests of the plugins", || {
        run(cargo("plugins").args(["test", "--quiet", "--workspace"]))
    })?;
    phase("examples in the documentation", || {
        run(cargo("").args(["test", "--quiet", "--workspace", "--doc"]))
    })?;
    phase("the binary", || run(cargo("").args(["build", "--quiet", "--workspace", "--bins"])))?;
    phase("tests of the sdks for scripts", example::test_sdks)?;
    phase("examples of plugins", || example::follow(None))?;
    let moto = moto::install()?;
    let (oidc, mcp) = (npm::install(&npm::OIDC)?, npm::install(&npm::MCP)?);
    println!("\n== tests");
    let tests = if answers("cargo", &["nextest", "--version"]) {
        // One summary for all, and each test in a process of its own.
        &["nextest", "run", "--workspace", "--no-fail-fast"][..]
    } else {
        &["test", "--workspace", "--all-targets", "--no-fail-fast"]
    };
    let binary = target("").join("debug/tenon");
    run(cargo("")
        .args(tests)
        .env("TENON_TESTED_BINARY", binary)
        .env("TENON_TEST_MOTO", moto)
        .env("TENON_TEST_OIDC", oidc)
        .env("TENON_TEST_MCP", mcp))
}

fn tools() -> Result<()> {
    ensure!(answers("git", &["--version"]), "the tests need git: install it, then try again");
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !answers("cargo", &[tool, "--version"]) {
            run(crate::tool::tool("rustup").args(["component", "add", component]))?;
        }
    }
    crate::debian::install()?;
    ensure!(answers("node", &["--version"]), "the tests need Node.js: install version 20 or newer");
    ensure!(answers("python3", &["-m", "venv", "-h"]), "the tests need Python with venv and pip");
    add_wasm_target()
}

fn each(args: &[&str]) -> Result<()> {
    for workspace in WORKSPACES {
        run(cargo(workspace).args(args))?;
    }
    Ok(())
}
