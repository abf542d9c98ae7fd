//! The programs that tasks run, and the folders that they know.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// The target of plugins.
pub(crate) const WASM: &str = "wasm32-wasip2";

/// Returns the root of the workspace.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Returns where cargo puts what it builds in `workspace`, a folder below the root.
pub(crate) fn target(workspace: &str) -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join(workspace).join("target"),
    }
}

/// Returns cargo, to be run in `workspace`.
pub(crate) fn cargo(workspace: &str) -> Command {
    let mut cargo = tool(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root().join(workspace));
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        cargo.env("CARGO_TARGET_DIR", target(workspace));
    }
    cargo
}

/// Returns a program, to be run in the root.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Whether a program is there and answers `--version`, or what is given instead.
pub(crate) fn answers(program: &str, args: &[&str]) -> bool {
    let mut command = tool(program);
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command to its end; any other end than a success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.status().with_context(|| format!("failed to start {line}"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs a command and returns what it prints.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("failed to start {line}"))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Prints a heading, does the work, and prints how long it took.
pub(crate) fn phase(heading: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n== {heading}");
    let start = Instant::now();
    work().with_context(|| format!("{heading}: not good"))?;
    println!("== {heading}: good after {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Adds the target of plugins where it is missing.
pub(crate) fn add_wasm_target() -> Result<()> {
    let sysroot = read(tool("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    run(tool("rustup").args(["target", "add", WASM])).with_context(|| {
        format!("plugins need the target {WASM}: add it with rustup, or as your toolchain asks")
    })
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
