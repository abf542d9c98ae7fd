//! A folder with the source of a plugin: how it is built, and where the component lies then.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::args::author::Lang;

/// What Rust plugins are built for.
const TARGET: &str = "wasm32-wasip2";

/// A plugin's source.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) lang: Lang,
    folder: PathBuf,
    /// Where the component lies once it is built; scripts say so themselves.
    component: Option<PathBuf>,
}

impl Project {
    /// Looks at a folder.
    pub(super) async fn find(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let has = |file: &str| folder.join(file).is_file();
        let lang = if has("Cargo.toml") {
            Lang::Rust
        } else if has("package.json") {
            Lang::Js
        } else if has("pyproject.toml") || has("plugin.py") {
            Lang::Python
        } else {
            bail!(
                "{shown} holds no plugin: there is no Cargo.toml, package.json or pyproject.toml; \
                 start one with `tenon plugin new`"
            );
        };
        let component = match lang {
            Lang::Rust => Some(rust_component(folder).await?),
            Lang::Js | Lang::Python => None,
        };
        Ok(Self { lang, folder: folder.to_owned(), component })
    }

    /// Builds the component; the tools talk to the terminal themselves.
    pub(super) async fn build(&self) -> anyhow::Result<()> {
        let (program, args) = self.build_command().await?;
        self.run(&program, args).await
    }

    /// Builds the component without a word; returns what the tools say where it does not work out.
    pub(super) async fn build_quietly(&self, colors: bool) -> anyhow::Result<Option<String>> {
        let (program, args) = self.build_command().await?;
        let mut command = self.command(&program, args);
        // Given up when nobody waits for it any more.
        command.kill_on_drop(true);
        if colors {
            command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
        }
        let output = command.output().await.with_context(|| not_started(&program))?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok((!output.status.success()).then_some(said))
    }

    /// Returns what builds the component, once it is known that it can.
    async fn build_command(&self) -> anyhow::Result<(String, &'static [&'static str])> {
        Ok(match self.lang {
            Lang::Rust => {
                target_check(&self.folder).await?;
                ("cargo".to_owned(), &["build", "--release", "--target", TARGET])
            }
            Lang::Js => {
                self.modules_check()?;
                ("npx".to_owned(), &["--no-install", "tenon-plugin", "build"])
            }
            Lang::Python => (self.python().await?, &["-m", "tenon_sdk", "build"]),
        })
    }

    /// Runs the tests that the plugin brings.
    pub(super) async fn test(&self) -> anyhow::Result<()> {
        match self.lang {
            Lang::Rust => {
                self.run("cargo", &["test"]).await?;
                self.rust_tests_check().await
            }
            Lang::Js => {
                self.modules_check()?;
                self.run("npm", &["test", "--silent"]).await
            }
            Lang::Python => self.run(&self.python().await?, &["-m", "tenon_sdk", "test"]).await,
        }
    }

    /// Fails when there is no test: that none has failed says nothing then.
    async fn rust_tests_check(&self) -> anyhow::Result<()> {
        let mut command = self.command("cargo", &["test", "--quiet", "--", "--list"]);
        let output = command.output().await.with_context(|| not_started("cargo"))?;
        let listed = String::from_utf8_lossy(&output.stdout);
        let shown = self.folder.display();
        ensure!(has_tests(&listed), "no tests were run: {shown} has none; write one");
        Ok(())
    }

    /// Returns the component that was built.
    pub(super) fn built(&self) -> anyhow::Result<PathBuf> {
        let file = match &self.component {
            Some(file) => file.clone(),
            None => self.newest()?,
        };
        let shown = self.folder.display();
        ensure!(file.is_file(), "{shown} was not built yet; run `tenon plugin build {shown}`");
        Ok(file)
    }

    /// Finds what the SDKs of scripts have left in the folder.
    fn newest(&self) -> anyhow::Result<PathBuf> {
        let shown = self.folder.display();
        let entries = std::fs::read_dir(&self.folder);
        let entries = entries.with_context(|| format!("failed to list {shown}"))?;
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let components = files.filter(|file| file.extension().is_some_and(|e| e == "wasm"));
        let modified = |file: &PathBuf| file.metadata().and_then(|data| data.modified()).ok();
        let newest = components.max_by_key(modified);
        newest.with_context(|| format!("{shown} was not built; run `tenon plugin build {shown}`"))
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    async fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        let status = self.command(program, args).status().await;
        let status = status.with_context(|| not_started(program))?;
        let line = args.join(" ");
        ensure!(status.success(), "`{program} {line}` ended with {status}; see what it says above");
        Ok(())
    }

    fn modules_check(&self) -> anyhow::Result<()> {
        let shown = self.folder.display();
        ensure!(
            self.folder.join("node_modules").is_dir(),
            "{shown} has no node_modules yet; run `npm install` there"
        );
        let sdk = self.folder.join("node_modules/@tenon/sdk");
        ensure!(
            !sdk.is_dir() || sdk.join("dist").is_dir(),
            "the SDK in {} was not built yet; run `npm install && npm run build` there",
            sdk.canonicalize().unwrap_or(sdk).display()
        );
        Ok(())
    }

    /// Returns the Python of the folder's own environment, else the one of the path, once it is known
    /// that it has the SDK.
    async fn python(&self) -> anyhow::Result<String> {
        let own = self.folder.join(".venv/bin/python");
        let program = if own.is_file() {
            std::path::absolute(&own).unwrap_or(own).display().to_string()
        } else {
            "python3".to_owned()
        };
        let mut command = self.command(&program, &["-c", "import tenon_sdk"]);
        let output = command.output().await.with_context(|| not_started(&program))?;
        let shown = self.folder.display();
        ensure!(
            output.status.success(),
            "{shown} has no SDK in its Python yet; run `python3 -m venv .venv && .venv/bin/pip \
             install .` there"
        );
        Ok(program)
    }
}

/// Returns whether a list of cargo's has a test in it.
fn has_tests(listed: &str) -> bool {
    listed.lines().any(|line| line.ends_with(": test"))
}

fn not_started(program: &str) -> String {
    format!("failed to start {program}, which this plugin is built with; install it")
}

/// Asks cargo where the component will lie.
async fn rust_component(folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("failed to start cargo; install Rust, by rustup for example")?;
    ensure!(
        output.status.success(),
        "cargo cannot read {shown}/Cargo.toml; see what it says above"
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .context("failed to read what `cargo metadata` prints")?;
    let manifest = folder.join("Cargo.toml").canonicalize().context("failed to find Cargo.toml")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let ours = |package: &&Value| {
        let path = package["manifest_path"].as_str().map(Path::new);
        path.is_some_and(|path| path.canonicalize().is_ok_and(|path| path == manifest))
    };
    let package = packages.into_iter().find(ours);
    let package = package.with_context(|| format!("{shown}/Cargo.toml is no package"))?;
    let targets = package["targets"].as_array().into_iter().flatten();
    let is_cdylib = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.into_iter().any(|kind| kind == "cdylib")
    };
    let target = targets.into_iter().find(is_cdylib).with_context(|| {
        format!("{shown} builds no component; add `[lib] crate-type = [\"cdylib\", \"rlib\"]`")
    })?;
    let name = target["name"].as_str().unwrap_or_default().replace('-', "_");
    let place = metadata["target_directory"].as_str().unwrap_or("target");
    Ok(Path::new(place).join(TARGET).join("release").join(format!("{name}.wasm")))
}

/// Says how to add the target, before cargo fails with a thousand lines.
async fn target_check(folder: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", TARGET]).current_dir(folder);
    let output = command.stderr(Stdio::null()).output().await;
    let output = output.context("failed to start rustc; install Rust, by rustup for example")?;
    let place = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success() && Path::new(place.trim()).is_dir(),
        "this Rust cannot build for {TARGET}; run `rustup target add {TARGET}`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::has_tests;

    #[test]
    fn a_list_without_tests_is_known() {
        assert!(has_tests("a::works: test\n\n1 test, 0 benchmarks\n"));
        assert!(!has_tests("0 tests, 0 benchmarks\n"));
    }
}
